//! What the customer posts: the form with its files, read only after their access is known.

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use futures_util::future::LocalBoxFuture;

use super::Customer;
use crate::files::{PostedFiles, Receiving, Sender};

/// The customer and their form. A browser without access sends nothing to the disk. Of a customer who exceeded
/// the request limit, only the texts are read.
pub struct CustomerPost {
    pub customer: Customer,
    pub form: PostedFiles,
}

impl FromRequest for CustomerPost {
    type Error = actix_web::Error;
    type Future = LocalBoxFuture<'static, Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, mut payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let customer = Customer::from_request(&request, &mut Payload::None).await?;
            let receiving = if customer.has_exceeded_limit { Receiving::Names } else { Receiving::Files };
            let sender = Sender::Customer(customer.id);
            let form = PostedFiles::read(&request, &mut payload, sender, receiving).await?;
            Ok(Self { customer, form })
        })
    }
}
