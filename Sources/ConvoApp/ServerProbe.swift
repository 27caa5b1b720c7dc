package import ConvoAPI
package import ConvoHTTP
package import ConvoModel
import Synchronization

/// The server's answers to the questions of a diagnosis, at one moment.
package struct ServerProbe: Sendable {
    /// `nil` where the server answered as the API does; otherwise why not.
    package let failure: APIError?
    /// Why no whole answer came, as the transport tells it; `nil` where one came, or nothing was sent.
    package let transportFailure: HTTPError.Kind?
    /// The account that the key belongs to; `nil` where the server does not tell it.
    package let account: Account?
    /// The server's clock at the answer; `nil` where no answer told it.
    package let date: Timestamp?
    /// The certificate of a server that is not trusted; `nil` for every other server.
    package let certificate: ServerCertificate?
    /// The environment variable that names a proxy for this server; `nil` where none does.
    package let proxyVariable: String?

    /// Makes a result of known parts, as a test does.
    package init(
        failure: APIError? = nil, transportFailure: HTTPError.Kind? = nil, account: Account? = nil,
        date: Timestamp? = nil,
        certificate: ServerCertificate? = nil, proxyVariable: String? = nil
    ) {
        (self.failure, self.transportFailure, self.account) = (failure, transportFailure, account)
        (self.date, self.certificate, self.proxyVariable) = (date, certificate, proxyVariable)
    }

    /// The time that a diagnosis waits for a silent server: shorter than the engine does, because a person waits.
    private static let limits = HTTPLimits(connect: .seconds(8), stall: .seconds(10), total: .seconds(20))

    /// Asks the server for one conversation and for the key's account.
    ///
    /// If the system does not trust the server's certificate, a second connection reads the certificate, without sending the key.
    ///
    /// - Parameters:
    ///   - settings: the settings in force.
    ///   - environment: the environment that has the key, or the folder of its file.
    /// - Returns: what was learned.
    /// - Throws: ``ConfigurationError`` for a key that is missing or must not be used; ``APIError`` if the URL is invalid or
    ///   libcurl cannot be loaded.
    package static func run(_ settings: Settings, in environment: ProcessEnvironment) async throws -> ServerProbe {
        let transport = ObservingTransport(PlatformTransport.make(options: CurlOptions(environment)))
        var limits = APILimits()
        limits.reading = ServerProbe.limits
        let api = try MistralAPI(
            baseURL: settings.serverURL.description, apiKey: settings.apiKey(in: environment)?.reveal(),
            transport: transport, limits: limits)
        let isLocal = settings.serverURL.isLoopback
        let proxy =
            isLocal ? nil : PlatformTransport.proxyVariable(for: settings.serverURL.scheme.rawValue) { environment[$0] }
        do {
            _ = try await api.list(page: 0, pageSize: 1, metadata: nil)
        } catch {
            let seen = transport.seen
            let sight =
                error.kind == .insecure ? await CertificateProbe.look(at: settings.serverURL.description) : nil
            return ServerProbe(
                failure: error, transportFailure: seen.failure, date: seen.date,
                certificate: sight.map(ServerCertificate.init), proxyVariable: proxy)
        }
        // If the server does not tell to which account the key belongs, only a pull finds out.
        let account = try? await api.whoAmI()
        return ServerProbe(account: account, date: transport.seen.date, proxyVariable: proxy)
    }
}

/// A server's certificate, as far as a diagnosis shows it.
package struct ServerCertificate: Sendable, Hashable {
    /// The issuer that the certificate names; the text comes from an unknown machine.
    package let issuer: String
    /// When it becomes valid; `nil` where that cannot be read.
    package let validFrom: Timestamp?
    /// When it expires; `nil` where that cannot be read.
    package let validUntil: Timestamp?
    /// The server's clock; `nil` where no answer told it.
    package let date: Timestamp?

    /// Makes a certificate of known parts, as a test does.
    package init(issuer: String, validFrom: Timestamp?, validUntil: Timestamp?, date: Timestamp?) {
        (self.issuer, self.validFrom, self.validUntil, self.date) = (issuer, validFrom, validUntil, date)
    }

    init(_ sight: CertificateSight) {
        self.init(
            issuer: sight.issuer, validFrom: ServerCertificate.moment(sight.validFrom),
            validUntil: ServerCertificate.moment(sight.validUntil), date: sight.date.flatMap(HTTPDate.timestamp))
    }

    /// Reads a date as OpenSSL writes it (`Nov 29 01:02:03 2026 GMT`), or as GnuTLS does (`2026-11-29 01:02:03 GMT`).
    static func moment(_ text: String) -> Timestamp? {
        let words = text.split(separator: " ").map(String.init)
        guard words.last == "GMT" else { return nil }
        switch words.count {
        case 5: return HTTPDate.timestamp("Day \(words[0]) \(words[1]) \(words[2]) \(words[3])")
        case 3: return Timestamp("\(words[0])T\(words[1])Z")
        default: return nil
        }
    }
}

/// Hands requests on, and remembers of the last one what `MistralAPI` does not tell.
private final class ObservingTransport: HTTPTransport {
    struct Seen {
        var date: Timestamp?
        var failure: HTTPError.Kind?
    }

    private let transport: any HTTPTransport
    private let state = Mutex(Seen())

    init(_ transport: any HTTPTransport) { self.transport = transport }

    var seen: Seen { state.withLock(\.self) }

    func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
        try await noting(\.head) { () async throws(HTTPError) in try await transport.send(request) }
    }

    func receive(_ request: HTTPRequest, gathering count: Int) async throws(HTTPError) -> HTTPStream {
        try await noting(\.head) { () async throws(HTTPError) in
            try await transport.receive(request, gathering: count)
        }
    }

    func stream(_ request: HTTPRequest) async throws(HTTPError) -> HTTPStream {
        try await noting(\.head) { () async throws(HTTPError) in try await transport.stream(request) }
    }

    private func noting<Answer>(
        _ head: (Answer) -> HTTPHead, _ send: () async throws(HTTPError) -> Answer
    ) async throws(HTTPError) -> Answer {
        do {
            let answer = try await send()
            let date = head(answer).headers["date"].flatMap(HTTPDate.timestamp)
            state.withLock { $0 = Seen(date: date, failure: nil) }
            return answer
        } catch {
            state.withLock { $0 = Seen(date: nil, failure: error.kind) }
            throw error
        }
    }
}

/// The library that sends requests.
package enum HTTPLibrary {
    /// Why no request can be sent here, in one clause; `nil` where requests can be sent.
    package static var failure: String? { PlatformTransport.failure }
    /// The version of libcurl, such as `7.88.1`; `nil` where another library sends the requests, or none.
    package static var version: String? { CurlLibrary.version }
}
