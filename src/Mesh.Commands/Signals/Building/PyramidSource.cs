using System.Security.Cryptography;
using System.Text;
using Mesh.Columnar;
using Mesh.Commands.Signals.Pyramids;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Iceberg;

namespace Mesh.Commands.Signals.Building;

/// <summary>The rows of one recording in one table as they are now: what a pyramid is made from, and a digest that says whether they still are.</summary>
/// <param name="Table">The table.</param>
/// <param name="Recording">Ingest id.</param>
/// <param name="Vehicle">Whose it is, by which whole partitions are left out; null when nobody knows.</param>
/// <param name="SnapshotId">The snapshot that was looked at.</param>
/// <param name="Digest">Of the data files and deletes that can hold such rows, and of the columns; null when no file can.</param>
internal sealed record PyramidSource(Table Table, string Recording, string? Vehicle, long? SnapshotId, string? Digest)
{
    /// <summary>Folder of all pyramids in the lake, outside of every table's.</summary>
    public const string Prefix = "pyramids/";

    /// <summary>Key of the pyramid: by the table's identity, the recording, and what it was made from.</summary>
    public string Key => $"{FolderOf(Table.Uuid, Recording)}{Digest}.sig";

    /// <summary>Folder of a table's pyramids.</summary>
    public static string FolderOf(Guid table) => $"{Prefix}{table:N}/";

    /// <summary>Folder of a recording's pyramid.</summary>
    public static string FolderOf(Guid table, string recording) => $"{FolderOf(table)}{recording}/";

    /// <summary>Whether rows of a table make signals.</summary>
    public static bool HasSignals(Schema schema) =>
        schema.IndexOf("recording_id") >= 0 && schema.IndexOf("channel") >= 0 && SignalLeaf.TimeColumn(schema) is not null && SignalLeaf.Find(schema).Count > 0;

    /// <summary>Looks at a table as it is now.</summary>
    public static async ValueTask<PyramidSource> LookAsync(TableCatalogue tables, Table table, string recording, string? vehicle, CancellationToken cancellationToken)
    {
        if (table.Schema.IndexOf("vehicle_id") < 0) vehicle = null;
        if (table.CurrentSnapshot is not { } snapshot || !HasSignals(table.Schema)) return new PyramidSource(table, recording, vehicle, null, null);
        var files = new List<string>();
        var options = new ScanOptions { SnapshotId = snapshot.SnapshotId, Filter = FilterOf(recording, vehicle) };
        await foreach (var planned in tables.PlanAsync(table.Identifier, options, cancellationToken).ConfigureAwait(false))
        {
            var line = new StringBuilder(planned.File.Uri);
            foreach (var delete in planned.Deletes.OrderBy(delete => delete.Uri, StringComparer.Ordinal)) line.Append('\t').Append(delete.Uri).Append('#').Append(delete.ContentOffset);
            files.Add(line.ToString());
        }

        if (files.Count == 0) return new PyramidSource(table, recording, vehicle, snapshot.SnapshotId, null);
        files.Sort(StringComparer.Ordinal);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append($"mesh signals {PyramidFooter.CurrentVersion}");
        foreach (var leaf in SignalLeaf.Find(table.Schema)) Append($"{leaf.Path}\t{leaf.Kind}\t{leaf.Unit}");
        foreach (string file in files) Append(file);
        return new PyramidSource(table, recording, vehicle, snapshot.SnapshotId, Convert.ToHexStringLower(hash.GetHashAndReset())[..32]);

        void Append(string line) => hash.AppendData(Encoding.UTF8.GetBytes(line + "\n"));
    }

    /// <summary>The rows of a recording; with the vehicle whole partitions can be left out.</summary>
    public static Predicate FilterOf(string recording, string? vehicle)
    {
        var id = new ComparisonPredicate("recording_id", ComparisonOperator.Equal, recording);
        return vehicle is null ? id : new AndPredicate([id, new ComparisonPredicate("vehicle_id", ComparisonOperator.Equal, vehicle)]);
    }

    /// <summary>Columns that a pyramid is made from: those with signals, and the ones that say whose and when a row is.</summary>
    public static IReadOnlyList<string> ColumnsOf(Schema schema)
    {
        var wanted = SignalLeaf.Find(schema).Select(leaf => leaf.Steps[0]).ToHashSet();
        return [.. schema.Fields.Where((field, index) => wanted.Contains(index) || field.Name is "channel" or "sequence" || field.Name == SignalLeaf.TimeColumn(schema)).Select(field => field.Name)];
    }
}
