using System.Text.Json;
using Mesh.Columnar;
using Mesh.Commands.Queries.Tables;
using Mesh.Commands.Rows;
using Mesh.Model;
using Mesh.Streaming.Ingest;

namespace Mesh.Commands.Queries;

/// <summary>Clock models as people and programs see them.</summary>
public static class RecordingClockViews
{
    private const int MaxRows = 10_000;

    /// <summary>What was estimated when a recording was ingested; empty when no topology asked for it.</summary>
    /// <param name="queries">A Mesh.</param>
    /// <param name="recording">Ingest id, or the beginning of one.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="MeshException"><c>MESH11030</c>: there is no such recording.</exception>
    public static async Task<IReadOnlyList<ClockSegmentView>> ReadAsync(IMeshQueries queries, string recording, CancellationToken cancellationToken)
    {
        var found = await queries.FindRecordingAsync(recording, cancellationToken).ConfigureAwait(false)
            ?? throw new MeshException("MESH11030", $"There is no recording '{recording}'. `mesh recordings list` shows them.");
        var query = new HeadQuery { Where = $"recording_id = '{found.IngestId}'", Limit = MaxRows };
        var head = await queries.HeadAsync(TableNames.ClockModels.ToString(), query, cancellationToken).ConfigureAwait(false);
        return Sorted((head?.Rows ?? []).Select(row => row.Deserialize<ClockSegmentView>(MeshJson.Options)!));
    }

    /// <summary>The same of models that were just estimated.</summary>
    /// <param name="rows">Rows of <c>mesh.clock_models</c>.</param>
    public static IReadOnlyList<ClockSegmentView> Of(RecordBatch rows)
    {
        var views = new List<ClockSegmentView>(rows.Length);
        for (int row = 0; row < rows.Length; row++)
        {
            using var json = new MemoryStream();
            using (var writer = new Utf8JsonWriter(json)) RowJson.Write(writer, rows, row);
            views.Add(JsonSerializer.Deserialize<ClockSegmentView>(json.ToArray(), MeshJson.Options)!);
        }

        return Sorted(views);
    }

    private static List<ClockSegmentView> Sorted(IEnumerable<ClockSegmentView> views) =>
        [.. views.OrderBy(view => view.Topology, StringComparer.Ordinal).ThenBy(view => view.TimeBase != "truth").ThenBy(view => view.Channel, StringComparer.Ordinal).ThenBy(view => view.Segment)];
}
