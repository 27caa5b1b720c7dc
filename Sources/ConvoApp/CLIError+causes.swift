package import ConvoAPI
package import ConvoBackup
import ConvoExport
import ConvoJSON
import ConvoModel
import ConvoPlatform
package import ConvoStore
package import ConvoSync
package import ConvoTerminal

extension CLIError {
    /// Describes an error of any layer to a person; `nil` for an error that no layer of the package throws.
    ///
    /// - Parameter error: an error of the settings, the store, its backups, the API client, the engine, the model or the terminal,
    ///   or a `CancellationError`.
    package init?(_ error: any Error) {
        switch error {
        case let failure as CLIError: self = failure
        case let error as ConfigurationError: self.init(error)
        case let error as StoreError: self.init(error)
        case let error as BackupError: self.init(error)
        case let error as APIError: self.init(error)
        case let error as SyncFailure: self.init(error)
        case let error as ArchiveError:
            self.init(
                .badData, code: error.code, message: CLIError.sentence("\(error)"), hint: error.hint)
        case let error as JSONSyntaxError:
            self.init(
                .badData, code: "invalid_json", message: CLIError.sentence("\(error)"),
                hint: "The API's inputs are a JSON array of entries, or a JSON string.")
        case let error as ModelError:
            self.init(.badData, code: "invalid_data", message: CLIError.sentence("\(error)"))
        case TerminalDevice.WriteFailure.failed(let code):
            self.init(
                .diskError, code: "output_failed",
                message: "Can't write the output: \(String(cString: strerror(code))).")
        case is CancellationError:
            self.init(.tryLater, code: "cancelled", message: "Stopped.")
        default: return nil
        }
    }

    private init(_ error: ConfigurationError) {
        self.init(.configuration, code: error.code, message: error.description, hint: error.hint)
    }

    /// Describes a failure of the database, with its hint.
    ///
    /// - Parameter error: why the store could not do its work.
    package init(_ error: StoreError) {
        let (exitCode, hint) = error.advice
        self.init(exitCode, code: error.code, message: CLIError.sentence("\(error)"), hint: hint)
    }

    /// Describes a failure of a backup, with its hint.
    ///
    /// - Parameter error: why the backup could not be made, checked, restored or removed.
    package init(_ error: BackupError) {
        let (exitCode, code, hint) = error.advice
        self.init(exitCode, code: code, message: CLIError.sentence("\(error)"), hint: hint)
    }

    /// Describes a failure of the engine, with the hint of the layer that caused it.
    ///
    /// - Parameter failure: why a step failed.
    package init(_ failure: SyncFailure) {
        switch failure {
        case .api(let error): self.init(error)
        case .store(let error): self.init(error)
        case .otherServer, .otherAccount:
            let reason = failure.reason
            self.init(
                .configuration, code: reason.code, message: CLIError.sentence(reason.message), hint: failure.hint)
        case .cancelled: self.init(.tryLater, code: "cancelled", message: "Stopped.")
        }
    }

    /// Describes a failure of a request, with its hint.
    ///
    /// - Parameter error: why the request has no result.
    package init(_ error: APIError) {
        let (exitCode, code) = error.outcome
        self.init(exitCode, code: code, message: CLIError.sentence(error.message), hint: error.hint)
    }

    /// Makes a sentence of a library's error text, which has neither a capital nor a full stop.
    ///
    /// - Parameter text: the text; one that ends with `.`, `?` or `!` gets no full stop.
    /// - Returns: the sentence; the empty text stays empty.
    package static func sentence(_ text: String) -> String {
        guard let first = text.first else { return text }
        return first.uppercased() + text.dropFirst() + (text.last.map { ".?!".contains($0) } == true ? "" : ".")
    }
}
