/// Makes and checks the URLs under which a file can be had without a key.
struct URLSigner: Sendable {
    static let path = "/sandbox/files/"

    /// Where the sandbox listens.
    var baseURL = "http://127.0.0.1"
    let secret: UInt64

    /// - Parameter expiry: in seconds since 1970.
    func url(of id: String, expiry: Int64) -> String {
        "\(baseURL)\(URLSigner.path)\(id)?expires=\(expiry)&signature=\(signature(of: id, expiry))"
    }

    func accepts(_ signature: String, of id: String, expiry: Int64, at now: Int64) -> Bool {
        signature == self.signature(of: id, expiry) && now < expiry
    }

    private func signature(of id: String, _ expiry: Int64) -> String {
        String(FNV1a.hash("\(secret):\(id):\(expiry)"), radix: 16)
    }
}
