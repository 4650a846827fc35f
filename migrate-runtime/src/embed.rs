//! The one macro that a migrations crate calls. What it includes was generated and checked by
//! `migrate-build`.

/// Makes `registry()` and `migrator()` of the revisions that the build script embedded.
///
/// The crate's build script must have run `migrate_build::Builder::new("revisions").emit()`.
///
/// ```
/// // in src/lib.rs of the migrations crate
/// # use migrate_runtime as migrate;
/// # macro_rules! include { // what the build script writes, here for no revision
/// #     ($written:expr) => {
/// #         const TABLE: &str = "";
/// #         const FOLDERS: &[(&str, &include_dir::Dir<'static>)] = &[];
/// #         pub fn configured(migrator: runtime::Migrator) -> runtime::Migrator { migrator }
/// #     };
/// # }
/// migrate::embed!();
///
/// # fn main() {
/// // anywhere: `registry()` and `migrator()` are there now
/// assert!(registry().graph().is_empty());
/// assert_eq!(migrator().registry().digest(), registry().digest());
/// # }
/// ```
#[macro_export]
macro_rules! embed {
    () => {
        #[doc(hidden)]
        mod __migrate_registry {
            // `include_dir!` expands to bare `include_dir::` paths.
            use $crate as runtime;
            use $crate::include_dir;
            include!(concat!(env!("OUT_DIR"), "/migrate_registry.rs"));

            pub(crate) static REGISTRY: ::std::sync::LazyLock<::std::sync::Arc<$crate::Registry>> =
                ::std::sync::LazyLock::new(|| {
                    ::std::sync::Arc::new($crate::Registry::embedded_v1(
                        TABLE,
                        FOLDERS,
                        $crate::CrateInfo::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION")),
                    ))
                });
        }

        /// The revisions that this crate carries.
        pub fn registry() -> &'static $crate::Registry {
            &__migrate_registry::REGISTRY
        }

        /// Runs and inspects the revisions that this crate carries.
        pub fn migrator() -> $crate::Migrator {
            let registry = ::std::sync::Arc::clone(&__migrate_registry::REGISTRY);
            __migrate_registry::configured($crate::Migrator::new(registry))
        }
    };
}
