import Foundation

extension LocalCluster {
    /// The server's programs, and the account they run as.
    struct Programs {
        private let folder: URL
        /// Set where we are root.
        private let account: (user: uid_t, group: gid_t)?

        init() throws {
            guard let folder = Self.folders().first(where: Self.hasServer) else {
                throw Failure.noServerPrograms
            }
            self.folder = folder
            if geteuid() != 0 {
                account = nil
            } else if let entry = getpwnam(LocalCluster.account) {
                account = (entry.pointee.pw_uid, entry.pointee.pw_gid)
            } else {
                throw Failure.noAccount(LocalCluster.account)
            }
        }

        func process(_ program: String, _ arguments: [String]) -> Process {
            let process = Process()
            let path = folder.appending(path: program)
            process.executableURL = path
            process.arguments = arguments
            if let account {
                process.executableURL = URL(filePath: "/usr/bin/setpriv")
                process.arguments =
                    [
                        "--reuid", "\(account.user)", "--regid", "\(account.group)",
                        "--clear-groups",
                    ] + Self.passage() + [path.path] + arguments
            }
            process.currentDirectoryURL = URL(filePath: "/")
            process.standardInput = FileHandle.nullDevice
            return process
        }

        /// Lets the server's account pass through folders that only root may enter, such as a
        /// checkout below /root or one that `mktemp -d` made.
        private static func passage() -> [String] {
            let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
            let line = status.split(separator: "\n").first { $0.hasPrefix("CapEff:") }
            let capabilities =
                line?.split(separator: "\t").last.flatMap { UInt64($0, radix: 16) } ?? 0
            // Containers often have the second only. The numbers are linux/capability.h's.
            let names = [(2, "dac_read_search"), (1, "dac_override")]
            guard let name = names.first(where: { capabilities >> $0.0 & 1 == 1 })?.1 else {
                return []
            }
            return ["--inh-caps", "+\(name)", "--ambient-caps", "+\(name)"]
        }

        /// The server's account gets the file or folder, and nobody else may look into it.
        func giveToServer(_ file: URL) throws {
            if let account { chown(file.path, account.user, account.group) }
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o700], ofItemAtPath: file.path)
        }

        private static func hasServer(_ folder: URL) -> Bool {
            ["initdb", "postgres"].allSatisfy {
                FileManager.default.isExecutableFile(atPath: folder.appending(path: $0).path)
            }
        }

        /// What `pg_config` says, then Debian's folders, the newest release first.
        private static func folders() -> [URL] {
            let debian = URL(filePath: "/usr/lib/postgresql")
            let releases = (try? FileManager.default.contentsOfDirectory(atPath: debian.path)) ?? []
            let newestFirst = releases.sorted { (Int($0) ?? 0) > (Int($1) ?? 0) }
            return [configuredFolder()].compactMap { $0 }
                + newestFirst.map { debian.appending(path: $0).appending(path: "bin") }
        }

        private static func configuredFolder() -> URL? {
            let process = Process()
            let output = Pipe()
            process.executableURL = URL(filePath: "/usr/bin/env")
            process.arguments = ["pg_config", "--bindir"]
            process.standardOutput = output
            process.standardError = FileHandle.nullDevice
            guard (try? process.run()) != nil else { return nil }
            let data = output.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            let path = String(decoding: data, as: UTF8.self)
                .trimmingCharacters(in: .whitespacesAndNewlines)
            return path.isEmpty ? nil : URL(filePath: path)
        }
    }
}
