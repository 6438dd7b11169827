//! A new migration must rebuild the crate: the files are embedded when it is compiled.
fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
