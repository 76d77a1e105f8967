using System.Globalization;

namespace Mesh.Lakehouse;

/// <summary>
/// What the catalogue database knows of a table beside its pointer, so that a list of tables opens no metadata file. It is written with the
/// pointer and names the metadata file that it was taken from: a pointer that was moved without it is noticed.
/// </summary>
internal sealed record TableFigures(string MetadataUri, string Location, long? SnapshotId, long? SnapshotAtMs, long Rows, long Files, long Bytes, long Snapshots)
{
    public const string Columns = "figures_uri, location, snapshot_id, snapshot_at_ms, row_count, data_files, data_bytes, snapshots";
    public const string Values = "@MetadataUri, @Location, @SnapshotId, @SnapshotAtMs, @Rows, @Files, @Bytes, @Snapshots";

    public const string Assignments =
        """
        figures_uri = @MetadataUri, location = @Location, snapshot_id = @SnapshotId, snapshot_at_ms = @SnapshotAtMs, row_count = @Rows, data_files = @Files,
        data_bytes = @Bytes, snapshots = @Snapshots
        """;

    public static TableFigures Of(TableState state)
    {
        var current = state.Metadata.CurrentSnapshot;
        return new TableFigures(
            state.MetadataUri, state.Metadata.Location, current?.SnapshotId, current?.CommittedAt.ToUnixTimeMilliseconds(), current?.TotalRows ?? 0,
            Total("total-data-files"), Total("total-files-size"), state.Metadata.Snapshots.Count);

        // Other engines write the summary too: a figure that is none is not known.
        long Total(string property) =>
            current is not null && current.Summary.TryGetValue(property, out string? text) && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long total) ? total : 0;
    }

    /// <summary>The figures as parameters, with others.</summary>
    public Dictionary<string, object?> With(params ReadOnlySpan<(string Name, object? Value)> others)
    {
        var parameters = new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            ["MetadataUri"] = MetadataUri, ["Location"] = Location, ["SnapshotId"] = SnapshotId, ["SnapshotAtMs"] = SnapshotAtMs,
            ["Rows"] = Rows, ["Files"] = Files, ["Bytes"] = Bytes, ["Snapshots"] = Snapshots,
        };
        foreach (var (name, value) in others) parameters[name] = value;
        return parameters;
    }
}
