import ConvoAPI
import ConvoApp
import ConvoEndpoint
import ConvoHTTP
import ConvoIPC
import ConvoPlatform
import ConvoStore
import ConvoSync
import ConvoTerminal
import Logging
import Synchronization

/// The daemon's endpoint: opens its socket, and gives it the store, the engine and the settings that are in force.
final class EndpointHost: Sendable {
    /// How many answers may be under way at once, streams among them.
    static let transferLimit = 2048
    /// How many connections wait to be accepted.
    private static let backlog: Int32 = 512

    /// Where it listens.
    let address: LocalAddress
    private let descriptor: Int32
    private let isOurs: Bool
    private let database: String
    private let backend = EndpointBackend()
    private let endpoint: Endpoint
    private let current: CurrentSettings

    /// Opens the socket that the settings name, or takes the one that the service manager has opened.
    ///
    /// - Parameters:
    ///   - settings: the settings of the start; a reload changes all of them but the address.
    ///   - environment: the environment, which names the manager's sockets.
    /// - Returns: `nil` if neither names a socket.
    /// - Throws: ``CLIError`` if the place is taken or cannot be used; ``ConfigurationError`` if the token or the note cannot be
    ///   written.
    static func open(_ settings: Settings, _ environment: ProcessEnvironment) throws -> EndpointHost? {
        if let passed = PassedSocket.descriptor(in: environment) {
            guard let address = LocalAddress(listening: passed) else {
                throw CLIError(
                    .configuration, code: "endpoint_unusable",
                    message:
                        "Others than programs of this machine can reach the socket that the service manager passes on.",
                    hint: "Let ListenStream= of its unit be 127.0.0.1:PORT or a path.")
            }
            return try EndpointHost(address, passed, isOurs: false, settings, environment)
        }
        guard let wanted = settings.listen else { return nil }
        let descriptor: Int32
        do throws(LocalAddress.Failure) { descriptor = try wanted.listen(backlog: backlog) } catch {
            throw CLIError(
                .configuration, code: "endpoint_unusable",
                message: "The endpoint can't listen at \(wanted): \(error.reason).",
                hint: "Name another place with --listen or the setting `listen`, or end the program that has this one.")
        }
        let address = LocalAddress(listening: descriptor) ?? wanted  // with the port that 0 stands for
        return try EndpointHost(address, descriptor, isOurs: true, settings, environment)
    }

    private init(
        _ address: LocalAddress, _ descriptor: Int32, isOurs: Bool, _ settings: Settings,
        _ environment: ProcessEnvironment
    ) throws {
        let openFiles = OpenFileLimit.raise()
        (self.address, self.descriptor, self.isOurs, database) = (address, descriptor, isOurs, settings.database)
        let token = EndpointToken(database: settings.database)
        _ = try token.read()
        let (current, known) = (CurrentSettings(settings), CurrentEndpointToken(token))
        var options = CurlOptions(environment)
        options.transferLimit = EndpointHost.transferLimit
        let upstream = Upstream(transport: PlatformTransport.make(options: options)) {
            try current.target(in: environment)
        }
        self.current = current
        endpoint = Endpoint(backend: backend, upstream: upstream, openFiles: openFiles) { known.text }
        try RunningEndpoint.note(address, beside: settings.database)
    }

    /// How many connections are open.
    var connectionCount: Int { endpoint.connectionCount }

    /// Answers requests until the task is cancelled; takes the note and the socket away then.
    ///
    /// - Throws: the error that keeps it from using the socket.
    func run() async throws {
        defer {
            RunningEndpoint.forget(beside: database)
            if isOurs, case .socket(let path) = address { unlink(path) }
        }
        let isSocket = if case .socket = address { true } else { false }
        try await endpoint.run(on: descriptor, for: isSocket ? geteuid() : nil)
    }

    /// Uses another store, engine or settings from now on.
    func serve(_ store: Store, _ engine: SyncEngine, _ settings: Settings, wake: @escaping @Sendable () -> Void) {
        current.replace(with: settings)
        var options = EndpointOptions()
        options.offlineWrites = settings.offlineWrites
        options.patience = settings.endpointPatience
        backend.serve(EndpointBackend.Parts(store: store, engine: engine, options: options, wake: wake))
    }

    /// Answers 503 until there is a store again.
    func pause() { backend.serve(nil) }
}

/// The settings that are in force, for the requests that pass to the server.
final class CurrentSettings: Sendable {
    private let settings: Mutex<Settings>

    init(_ settings: Settings) { self.settings = Mutex(settings) }

    func replace(with new: Settings) { settings.withLock { $0 = new } }

    /// The server and the key as they are now: the key's file may have another one than before.
    func target(in environment: ProcessEnvironment) throws -> Upstream.Target {
        let settings = settings.withLock(\.self)
        let key = try settings.apiKey(in: environment)
        guard let url = HTTPURL(settings.serverURL.description) else {
            throw APIError(.unusableRequest, effect: .none, message: "the server's URL is no http or https URL")
        }
        return Upstream.Target(server: url, key: key?.reveal())
    }
}

/// The socket that a service manager has opened for the daemon: the protocol of sd_listen_fds(3), without its library.
enum PassedSocket {
    /// The first descriptor that a manager passes on.
    private static let first: Int32 = 3

    /// The descriptor; `nil` if no manager passes one on to this process.
    static func descriptor(in environment: ProcessEnvironment) -> Int32? {
        guard environment["LISTEN_PID"] == String(getpid()), let count = environment["LISTEN_FDS"].flatMap({ Int($0) }),
            count >= 1, fcntl(first, F_SETFD, FD_CLOEXEC) == 0
        else { return nil }
        return first
    }
}
