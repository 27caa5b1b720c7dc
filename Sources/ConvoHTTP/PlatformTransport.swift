// The one place of this target that knows of both transports.

/// The transport of the system on which the program runs.
package enum PlatformTransport {
    /// Makes a transport: libcurl's, or URLSession's on those of Apple's systems where libcurl cannot be loaded.
    ///
    /// Elsewhere it does not load libcurl, which waits for the first request.
    ///
    /// - Parameter options: for all requests of the transport.
    /// - Returns: the transport.
    package static func make(options: CurlOptions = CurlOptions()) -> any HTTPTransport {
        if let withoutLibcurl, !CurlLibrary.isReady { return withoutLibcurl(options) }
        return CurlTransport(options: options)
    }

    /// The reason why no request can be sent here, in one clause; `nil` where requests can be sent.
    ///
    /// The first access may load libcurl for the whole process, which blocks for file I/O.
    package static var failure: String? { withoutLibcurl == nil ? CurlLibrary.failure : nil }
}
