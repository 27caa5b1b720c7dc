/// The names of libraries that are loaded where something needs them (dlopen(3)), the likeliest first.
///
/// A program that is linked statically as a whole, as Swift's SDK for musl does, can load none of them.
package enum LibraryNames {
    /// libcurl.
    package static var curl: [String] {
        #if canImport(Darwin)
        // Part of macOS; Apple's other systems have none.
        ["libcurl.4.dylib", "/usr/lib/libcurl.4.dylib"]
        #elseif os(Android)
        // Not part of the system: the app brings it.
        ["libcurl.so", "libcurl.so.4"]
        #else
        // The second is Debian's build with GnuTLS, with the same functions.
        ["libcurl.so.4", "libcurl-gnutls.so.4"]
        #endif
    }

    /// Zstandard's library.
    package static var zstandard: [String] {
        #if canImport(Darwin)
        // Not part of the system; the paths are Homebrew's.
        ["libzstd.1.dylib", "/opt/homebrew/lib/libzstd.1.dylib", "/usr/local/lib/libzstd.1.dylib"]
        #elseif os(Android)
        ["libzstd.so", "libzstd.so.1"]
        #else
        ["libzstd.so.1"]
        #endif
    }

    /// libedit.
    package static var lineEditor: [String] {
        #if canImport(Darwin)
        // Part of macOS.
        ["libedit.3.dylib", "/usr/lib/libedit.3.dylib"]
        #elseif os(Android)
        []
        #else
        // Debian's name, and that of other distributions, with the same functions.
        ["libedit.so.2", "libedit.so.0"]
        #endif
    }
}
