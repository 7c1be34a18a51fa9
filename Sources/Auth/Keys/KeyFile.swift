import Cryptography
import Foundation

/// A file that holds keys: read whole, and replaced by one step, so that nobody ever reads half of it.
package struct KeyFile: Sendable {
    package let path: String

    package init(path: String) {
        self.path = path
    }

    /// The file was not replaced: it, or its folder, can't be written.
    package struct NotWritten: Error {}

    /// Without white space around it, which belongs to no key; nil where it can't be read.
    package func read() -> Secret<String>? {
        guard let data = FileManager.default.contents(atPath: path),
            let text = String(bytes: data, encoding: .utf8)
        else { return nil }
        return Secret(text.trimmingCharacters(in: .whitespacesAndNewlines))
    }

    /// Puts what a change makes of the text in its place, for those who can read it now. Another change
    /// waits until this one stands, and begins with it.
    ///
    /// A link is followed: where orchestrators keep secrets it leads to the file itself.
    ///
    /// - Throws: `NotWritten`, and what the change throws; then the file is as it was.
    package func change<Made>(
        _ change: (Secret<String>) throws -> (text: Secret<String>, made: Made)
    ) throws -> Made {
        let target = URL(filePath: path).resolvingSymlinksInPath()
        let folder = open(
            target.deletingLastPathComponent().path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw NotWritten() }
        defer { close(folder) }
        // On the folder, since the file is another one after each change.
        guard flock(folder, LOCK_EX) == 0, let former = read() else { throw NotWritten() }
        let (text, made) = try change(former)
        try replace(target.path, with: text)
        // The new name lasts through a crash of the machine from here on.
        guard fsync(folder) == 0 else { throw NotWritten() }
        return made
    }

    private func replace(_ target: String, with text: Secret<String>) throws(NotWritten) {
        // What a killed command leaves is hidden, so that nobody takes it for a secret.
        let url = URL(filePath: target)
        let new = url.deletingLastPathComponent()
            .appending(path: ".\(url.lastPathComponent).new").path
        try? FileManager.default.removeItem(atPath: new)
        let descriptor = open(new, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw NotWritten() }
        let bytes = Array(text.expose().utf8)
        let isWritten =
            write(descriptor, bytes, bytes.count) == bytes.count && fsync(descriptor) == 0
        close(descriptor)
        guard isWritten, keepAccess(of: target, for: new), rename(new, target) == 0 else {
            try? FileManager.default.removeItem(atPath: new)
            throw NotWritten()
        }
    }

    /// The service may run as somebody else than who rotates: the file keeps its owner and its mode, or
    /// whoever read it before could not read it any more. False where that can't be.
    private func keepAccess(of former: String, for new: String) -> Bool {
        let access: Set<FileAttributeKey> = [
            .ownerAccountID, .groupOwnerAccountID, .posixPermissions,
        ]
        do {
            let attributes = try FileManager.default.attributesOfItem(atPath: former)
            try FileManager.default.setAttributes(
                attributes.filter { access.contains($0.key) }, ofItemAtPath: new)
            return true
        } catch {
            return false
        }
    }
}
