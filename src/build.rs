//! Builds anew when a file is added to what the binary embeds: cargo itself sees only changes of files
//! that it knows.

fn main() {
    for directory in ["static", "migrations"] {
        println!("cargo:rerun-if-changed={directory}");
    }
}
