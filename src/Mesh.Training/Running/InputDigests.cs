using System.Security.Cryptography;
using Mesh.Lakehouse.Metadata;
using Mesh.Training.Jobs;

namespace Mesh.Training.Running;

/// <summary>
/// SHA-256 of the lake's files. A data file never changes once written, so that each is read for it once, when the first job gets it; the digest is
/// kept by URI and size.
/// </summary>
internal sealed class InputDigests
{
    private static readonly string[] Scripts =
    [
        "CREATE TABLE input_digests (uri TEXT NOT NULL PRIMARY KEY, bytes INTEGER NOT NULL, sha256 TEXT NOT NULL)",
    ];

    private const int UrisAtATime = 400;
    private readonly MetadataDatabase database;

    public InputDigests(MetadataDatabase database)
    {
        this.database = database;
        database.Migrate("input_digests", Scripts);
    }

    /// <summary>Adds the digests to inputs that lie in a job's folder.</summary>
    public async Task<IReadOnlyList<JobInput>> AddAsync(JobFolder folder, IReadOnlyList<JobInput> inputs, CancellationToken cancellationToken)
    {
        var known = await FindAsync([.. inputs.SelectMany(input => input.Files)], cancellationToken).ConfigureAwait(false);
        var added = new List<object>();
        foreach (var file in inputs.SelectMany(input => input.Files).DistinctBy(file => file.Uri))
        {
            if (known.ContainsKey((file.Uri, file.Bytes))) continue;
            var stream = new FileStream(Path.Combine(folder.Input, file.Path), FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1 << 20, FileOptions.Asynchronous | FileOptions.SequentialScan);
            await using var streamEnd = stream.ConfigureAwait(false);
            string sha256 = Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellationToken).ConfigureAwait(false));
            known[(file.Uri, file.Bytes)] = sha256;
            added.Add(new { uri = file.Uri, bytes = file.Bytes, sha256 });
        }

        if (added.Count > 0) await database.WriteAsync(transaction => KeepAsync(transaction, added), cancellationToken).ConfigureAwait(false);
        return [.. inputs.Select(input => input with { Files = [.. input.Files.Select(file => file with { Sha256 = known[(file.Uri, file.Bytes)] })] })];
    }

    private async Task<Dictionary<(string Uri, long Bytes), string>> FindAsync(IReadOnlyList<JobInputFile> files, CancellationToken cancellationToken)
    {
        var known = new Dictionary<(string Uri, long Bytes), string>();
        foreach (var some in files.Chunk(UrisAtATime))
        {
            // A list as one parameter means different things to the two databases.
            var parameters = some.Select((file, i) => KeyValuePair.Create($"uri{i}", (object)file.Uri)).ToDictionary();
            var rows = await database.ReadAsync(
                async session => await session.QueryAsync<Row>(
                    $"SELECT uri Uri, bytes Bytes, sha256 Sha256 FROM input_digests WHERE uri IN ({string.Join(", ", parameters.Keys.Select(name => "@" + name))})", parameters).ConfigureAwait(false),
                cancellationToken).ConfigureAwait(false);
            foreach (var row in rows) known[(row.Uri, row.Bytes)] = row.Sha256;
        }

        return known;
    }

    private static async Task KeepAsync(MetadataTransaction transaction, IReadOnlyList<object> rows)
    {
        foreach (object row in rows)
        {
            await transaction.ExecuteAsync("INSERT INTO input_digests (uri, bytes, sha256) VALUES (@uri, @bytes, @sha256) ON CONFLICT (uri) DO UPDATE SET bytes = excluded.bytes, sha256 = excluded.sha256", row).ConfigureAwait(false);
        }
    }

    private sealed class Row
    {
        public string Uri { get; init; } = "";
        public long Bytes { get; init; }
        public string Sha256 { get; init; } = "";
    }
}
