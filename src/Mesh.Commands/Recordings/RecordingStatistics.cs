using Mesh.Columnar;
using Mesh.Formats;

namespace Mesh.Commands.Recordings;

/// <summary>Statistics of a recording's numeric columns, in one pass and bounded memory, ready to plot.</summary>
public static class RecordingStatistics
{
    /// <summary>Computes them.</summary>
    /// <param name="path">The recording.</param>
    /// <param name="options">What of it is wanted.</param>
    /// <param name="binNs">Width of a time bin, nanoseconds; 0 for no bins.</param>
    /// <param name="progress">Told how far reading has come.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="Mesh.Model.MeshException">It cannot be opened or is no recording.</exception>
    public static async Task<StatisticsReport> ComputeAsync(string path, RecordingReaderOptions options, ulong binNs, ReadProgress? progress, CancellationToken cancellationToken)
    {
        var input = new ColumnInput(new CopyRequest { Inputs = [path], Output = "", Reader = options }, progress);
        var columns = new Dictionary<(string Topic, string Column), ColumnAccumulator>();
        await foreach (var batch in input.ReadAsync(path, cancellationToken).ConfigureAwait(false))
        {
            for (int i = 0; i < batch.Fields.Columns.Count; i++)
            {
                Add(columns, batch.Channel.Topic, batch.Fields.Schema.Fields[i].Name, batch.Fields.Schema.Fields[i].Doc, batch.Fields.Columns[i], batch.LogTimesNs.Values<long>(), binNs);
            }
        }

        return new StatisticsReport(
            path, input.Messages, [.. columns.Select(entry => entry.Value.ToStatistics(entry.Key.Topic, entry.Key.Column))], input.Undecoded, input.Losses);
    }

    private static void Add(
        Dictionary<(string Topic, string Column), ColumnAccumulator> columns, string topic, string name, string? doc, ColumnVector column, ReadOnlySpan<long> timesNs, ulong binNs)
    {
        if (column.Type is StructType type)
        {
            for (int i = 0; i < type.Fields.Count; i++) Add(columns, topic, $"{name}.{type.Fields[i].Name}", type.Fields[i].Doc, column.Children[i], timesNs, binNs);
            return;
        }

        if (!columns.TryGetValue((topic, name), out var accumulator)) columns.Add((topic, name), accumulator = new ColumnAccumulator(binNs, doc));
        accumulator.Add(column, timesNs);
    }
}
