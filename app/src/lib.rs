//! The pages of evwall, rendered by the server and taken over by the browser.
//!
//! - [`shell`]: the HTML document around every page, with its content security policy
//! - [`pages`]: the desk (`/`), the wall, the log, the accounts, one's own; the login page and the report on a
//!   vehicle are plain HTML ([`login`], [`vehicle_report`])
//! - [`components`]: the map, the status line, the legend, the card
//! - [`api`]: server functions, each naming the permission it needs
//! - [`centre`]: what the server functions ask of the server, as a trait
//! - [`card`]: what is shown of one vehicle; [`log`]: what is shown of the audit log
//! - [`later`]: the parts whose code comes when it is needed
//! - [`view_state`]: what is seen at the desk, as an address
//! - [`text`]: every sentence, in English and Chinese
#![recursion_limit = "256"]

pub mod api;
pub mod card;
#[cfg(feature = "ssr")]
pub mod centre;
pub mod components;
#[cfg(feature = "ssr")]
mod document;
pub mod later;
pub mod log;
#[cfg(feature = "ssr")]
pub mod login;
pub mod pages;
#[cfg(feature = "ssr")]
pub mod pairing;
pub mod shell;
pub mod text;
#[cfg(feature = "ssr")]
pub mod vehicle_report;
pub mod view_state;

pub use shell::{App, shell};
