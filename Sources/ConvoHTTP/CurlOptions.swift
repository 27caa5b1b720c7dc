/// What is set once for a transport.
public struct CurlOptions: Hashable, Sendable {
    /// A PEM file of certificate authorities to trust in place of the system's. Verification itself is always on.
    public var certificateFile: String?

    public init(certificateFile: String? = nil) { self.certificateFile = certificateFile }
}
