using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Mesh.Model;

namespace Mesh.Training.Governance.Audit;

/// <summary>
/// A decision log as a file: a line of JSON for each entry, <c>{"entry":…,"hash":…,"signature":…}</c> with the entry in its canonical form,
/// and a last line that says how many there are, signed by the server, so that a file that was cut off is found.
/// </summary>
public static class AuditFile
{
    private const int MaxLineCharacters = 64 << 20;

    /// <summary>Writes a log.</summary>
    /// <param name="log">The log.</param>
    /// <param name="server">Key that signs the last line.</param>
    /// <param name="target">Where.</param>
    /// <param name="now">When.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>Entries written.</returns>
    public static async Task<long> WriteAsync(DecisionLog log, SigningKey server, Stream target, DateTimeOffset now, CancellationToken cancellationToken)
    {
        long entries = 0;
        string hash = Decision.NoPrevious;
        await foreach (var signed in log.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            entries++;
            hash = signed.Hash;
            await WriteLineAsync($$"""{"entry":{{signed.Text}},"hash":"{{signed.Hash}}","signature":"{{signed.Signature}}"}""").ConfigureAwait(false);
        }

        var end = server.Sign(CanonicalJson.Of(new JsonObject
        {
            ["schema"] = "mesh.audit-end/v1", ["entries"] = entries, ["hash"] = hash, ["at"] = Decision.TimeOf(now), ["key_sha256"] = server.Sha256,
        }));
        await WriteLineAsync($$"""{"end":{{end.Text}},"hash":"{{end.Hash}}","signature":"{{end.Signature}}"}""").ConfigureAwait(false);
        return entries;

        async Task WriteLineAsync(string line) => await target.WriteAsync(Encoding.UTF8.GetBytes(line + "\n"), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Examines a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="trusted">Keys that may sign, see <see cref="ChainVerifier"/>.</param>
    /// <param name="anchor">Hash of an entry that must be there; null for none.</param>
    /// <exception cref="MeshException"><c>MESH9606</c> when the file cannot be read.</exception>
    public static AuditReport Verify(string path, IReadOnlyDictionary<string, string>? trusted, string? anchor)
    {
        var verifier = new ChainVerifier(trusted);
        bool ended = false;
        long number = 0;
        try
        {
            foreach (string line in File.ReadLines(path, Encoding.UTF8))
            {
                number++;
                if (line.Length > MaxLineCharacters) throw new MeshException("MESH9606", $"Line {number} of '{path}' has more than {MaxLineCharacters:N0} characters.");
                if (ended) verifier.Report($"line {number} comes after the end");
                else ended = Take(verifier, line, number);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new MeshException("MESH9606", $"'{path}' cannot be read: {exception.Message}", innerException: exception);
        }

        if (!ended) verifier.Report("the file has no signed last line: it was cut off");
        if (anchor is not null) verifier.CheckAnchor(anchor);
        return verifier.Complete();
    }

    /// <summary>Public keys of a folder: every file <c>*.pem</c>, by fingerprint.</summary>
    /// <exception cref="MeshException"><c>MESH9605</c> when a file holds no public key; <c>MESH9606</c> when there is none.</exception>
    public static IReadOnlyDictionary<string, string> ReadKeys(string folder)
    {
        string[] files = Directory.Exists(folder) ? Directory.GetFiles(folder, "*.pem") : [];
        if (files.Length == 0) throw new MeshException("MESH9606", $"'{folder}' holds no public keys (*.pem). `mesh identity export -o DIR` writes them.");
        var keys = new Dictionary<string, string>();
        foreach (string file in files)
        {
            string pem = File.ReadAllText(file);
            // A private key has no place on an auditor's machine, and is no public one.
            if (!pem.Contains("BEGIN PUBLIC KEY", StringComparison.Ordinal)) throw new MeshException("MESH9605", $"'{file}' is no public key in PEM. `mesh identity export -o DIR` writes them.");
            keys[SigningKey.FingerprintOf(pem)] = pem;
        }

        return keys;
    }

    /// <returns>Whether it was the end.</returns>
    private static bool Take(ChainVerifier verifier, string line, long number)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            var root = document.RootElement;
            string hash = root.GetProperty("hash").GetString()!;
            string signature = root.GetProperty("signature").GetString()!;
            if (root.TryGetProperty("entry", out var entry))
            {
                verifier.Add(new SignedDecision(entry.GetRawText(), hash, signature));
                return false;
            }

            var end = root.GetProperty("end");
            string canonical = CanonicalJson.Of(end);
            verifier.CheckHead(end.GetProperty("entries").GetInt64(), end.GetProperty("hash").GetString()!);
            if (!verifier.IsSigned(end.GetProperty("key_sha256").GetString()!, canonical, signature)) verifier.Report("the last line is not signed by a known key: entries may be missing at the end");
            return true;
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            verifier.Report($"line {number} is no line of a decision log: {exception.Message}");
            return false;
        }
    }
}
