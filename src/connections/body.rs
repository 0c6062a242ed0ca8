//! The body of a request: read while it arrives at a fair pace, and held until the response is sent.

use std::cell::{Cell, RefCell};
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::rt::time::{Instant, Sleep, sleep_until};
use actix_web::web::Bytes;
use futures_util::{FutureExt, Stream};

/// Maximum time for a body: this, and one second more for each [`MIN_BYTES_PER_SECOND`] bytes received (64 kbit/s).
const GRACE: Duration = Duration::from_secs(30);
const MIN_BYTES_PER_SECOND: u64 = 8 * 1024;

/// The body of a request, shared by its reader and the response. After the response, the server closes a
/// connection whose body was not read, but only if the body still exists.
#[derive(Clone)]
pub struct SharedBody {
    payload: Rc<RefCell<Payload>>,
    is_over: Rc<Cell<bool>>,
}

impl SharedBody {
    pub fn new(payload: Payload) -> Self {
        Self { payload: Rc::new(RefCell::new(payload)), is_over: Rc::default() }
    }

    /// Whether it was read to the end.
    pub fn is_over(&self) -> bool {
        self.is_over.get()
    }

    /// The body for the handler: fails if the client is too slow.
    pub fn paced(&self) -> Payload {
        Payload::Stream { payload: Box::pin(PacedBody { held: self.clone(), read: 0, pace: None }) }
    }
}

struct PacedBody {
    held: SharedBody,
    read: u64,
    /// The time of the first read, and the timer for the time limit.
    pace: Option<(Instant, Pin<Box<Sleep>>)>,
}

impl PacedBody {
    /// Whether the client is too slow. If not, wakes the task at the next time limit.
    fn is_too_slow(&mut self, context: &mut Context<'_>) -> bool {
        let read = self.read;
        let due = |began: Instant| began + GRACE + Duration::from_secs(read / MIN_BYTES_PER_SECOND);
        let (began, clock) = self.pace.get_or_insert_with(|| {
            let began = Instant::now();
            (began, Box::pin(sleep_until(due(began))))
        });
        while clock.poll_unpin(context).is_ready() {
            if due(*began) <= Instant::now() {
                return true;
            }
            clock.as_mut().reset(due(*began));
        }
        false
    }
}

impl Stream for PacedBody {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        let next = Pin::new(&mut *this.held.payload.borrow_mut()).poll_next(context);
        match &next {
            Poll::Ready(Some(Ok(bytes))) => this.read += bytes.len() as u64,
            Poll::Ready(None) => this.held.is_over.set(true),
            Poll::Ready(Some(Err(_))) => {}
            // A client is slow only if we wait for it.
            Poll::Pending if this.is_too_slow(context) => {
                let slow = io::Error::from(io::ErrorKind::TimedOut);
                return Poll::Ready(Some(Err(PayloadError::Incomplete(Some(slow)))));
            }
            Poll::Pending => {}
        }
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::{StreamExt, stream};
    use tokio::time;

    /// A body that delivers `size` bytes per second, for ever.
    fn dripping(size: usize) -> Payload {
        let drops = stream::unfold((), move |()| async move {
            time::sleep(Duration::from_secs(1)).await;
            Some((Ok(Bytes::from(vec![b'x'; size])), ()))
        });
        Payload::Stream { payload: Box::pin(drops) }
    }

    /// How many seconds `body` could be read, and how many bytes arrived.
    async fn read_for(body: Payload, most: Duration) -> (u64, usize) {
        let (mut body, began) = (SharedBody::new(body).paced(), Instant::now());
        let mut bytes = 0;
        while began.elapsed() < most {
            match body.next().await {
                Some(Ok(chunk)) => bytes += chunk.len(),
                _ => break,
            }
        }
        (began.elapsed().as_secs(), bytes)
    }

    #[actix_web::test]
    async fn a_body_that_drips_is_given_up_and_one_on_a_slow_line_is_not() {
        time::pause();
        let hour = Duration::from_secs(3_600);
        assert_eq!(read_for(dripping(1), hour).await.0, 30);
        let (seconds, _) = read_for(dripping(4 * 1024), hour).await;
        assert!((58..=62).contains(&seconds), "half the pace, twice the grace: {seconds}");
        assert_eq!(read_for(dripping(16 * 1024), hour).await.0, 3_600);
    }

    #[actix_web::test]
    async fn a_body_that_falls_silent_is_given_up() {
        time::pause();
        let silent: Payload = Payload::Stream { payload: Box::pin(stream::pending()) };
        assert_eq!(read_for(silent, Duration::from_secs(3_600)).await, (30, 0));
    }
}
