using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Mesh.Columnar;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Iceberg;
using Mesh.Model;
using Mesh.Storage;
using Mesh.Training.Governance.Audit;

namespace Mesh.Training.Governance.Gates;

/// <summary>Finds the files and recordings of a hold-out and their digests.</summary>
internal static partial class HoldoutFreezer
{
    private const int BufferBytes = 1 << 20;

    /// <summary>Describes the rows of a table at a snapshot.</summary>
    /// <exception cref="MeshException"><c>MESH9641</c> for a name that is none, or when no row is left; those of the lake.</exception>
    public static async Task<Holdout> DescribeAsync(
        TableCatalogue tables, IObjectStore lake, string name, TableIdentifier table, long snapshotId, string filter, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (!Name().IsMatch(name)) throw new MeshException("MESH9641", $"'{name}' is no name of a hold-out: lower-case letters, digits, '-', '_' and '.', beginning with a letter.");
        var scan = new ScanOptions { SnapshotId = snapshotId, Filter = filter.Length == 0 ? null : PredicateParser.Parse(filter), Columns = ["recording_id"] };
        var recordings = new SortedSet<string>(StringComparer.Ordinal);
        await foreach (var batch in tables.ScanAsync(table, scan, cancellationToken).ConfigureAwait(false)) Collect(batch, recordings);
        if (recordings.Count == 0) throw new MeshException("MESH9641", $"No row of {table} at snapshot {snapshotId}{(filter.Length == 0 ? "" : $" meets '{filter}'")}; there is nothing to freeze.");

        var files = new List<HoldoutFile>();
        foreach (var file in (await tables.ListFilesAsync(table, scan with { Columns = null }, cancellationToken).ConfigureAwait(false)).OrderBy(file => file.Uri, StringComparer.Ordinal))
        {
            files.Add(new HoldoutFile(file.Uri, await DigestAsync(lake, file.Uri, cancellationToken).ConfigureAwait(false), file.FileBytes, file.RowCount));
        }

        string snapshot = snapshotId.ToString(CultureInfo.InvariantCulture);
        string digest = Decision.HashOf(CanonicalJson.Of(new JsonObject
        {
            ["table"] = table.ToString(),
            ["snapshot_id"] = snapshot,
            ["filter"] = filter,
            ["files"] = new JsonArray([.. files.Select(file => new JsonArray(file.Uri, file.Sha256))]),
            ["recordings"] = new JsonArray([.. recordings.Select(id => JsonValue.Create(id))]),
        }));
        return new Holdout
        {
            Name = name, Table = table.ToString(), SnapshotId = snapshot, Filter = filter, Files = files, Digest = digest, Recordings = [.. recordings], FrozenAt = now,
        };
    }

    /// <summary>SHA-256 of an object of the lake.</summary>
    public static async Task<string> DigestAsync(IObjectStore lake, string uri, CancellationToken cancellationToken)
    {
        var source = await lake.OpenAsync(lake.KeyOf(uri), cancellationToken).ConfigureAwait(false);
        await using var sourceEnd = source.ConfigureAwait(false);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            for (long offset = 0; offset < source.Length;)
            {
                int read = await source.ReadAtAsync(offset, buffer, cancellationToken).ConfigureAwait(false);
                hash.AppendData(buffer, 0, read);
                offset += read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void Collect(RecordBatch batch, SortedSet<string> recordings)
    {
        var column = batch.Columns[0];
        int previous = -1;
        for (int row = 0; row < batch.Length; row++)
        {
            // Rows of a recording come in runs.
            if (previous >= 0 && column.GetBytes(row).SequenceEqual(column.GetBytes(previous))) continue;
            recordings.Add(column.GetString(row));
            previous = row;
        }
    }

    [GeneratedRegex("^[a-z][a-z0-9._-]{0,99}$")]
    private static partial Regex Name();
}
