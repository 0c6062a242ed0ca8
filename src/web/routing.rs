//! Routes as values, so that one list registers them and the tests can walk it.

use actix_web::http::Method;
use actix_web::{FromRequest, Handler, Responder, web};

/// One method and path with its handler.
pub struct Route {
    pub method: Method,
    pub path: &'static str,
    handler: actix_web::Route,
}

pub fn get<F, Args>(path: &'static str, handler: F) -> Route
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    Route { method: Method::GET, path, handler: web::get().to(handler) }
}

pub fn post<F, Args>(path: &'static str, handler: F) -> Route
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    Route { method: Method::POST, path, handler: web::post().to(handler) }
}

/// Registers `routes`. Routes with the same path become one resource, so that a wrong method gets 405. If
/// several paths match a request, the first one wins.
pub fn register(config: &mut web::ServiceConfig, routes: Vec<Route>) {
    let mut resources: Vec<(&'static str, Vec<actix_web::Route>)> = Vec::new();
    for route in routes {
        match resources.iter_mut().find(|(path, _)| *path == route.path) {
            Some((_, handlers)) => handlers.push(route.handler),
            None => resources.push((route.path, vec![route.handler])),
        }
    }
    for (path, handlers) in resources {
        let resource = handlers.into_iter().fold(web::resource(path), actix_web::Resource::route);
        config.service(resource);
    }
}
