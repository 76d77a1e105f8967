using Mesh.Columnar;
using Mesh.Formats;

namespace Mesh.Fuzz.Targets;

/// <summary>Tables of different shapes: what real and generated recordings become.</summary>
internal static class TableSamples
{
    private const int Rows = 200;
    private const int MaxTables = 60;

    public static async Task<List<(string Name, RecordBatch Batch)>> LoadAsync(CancellationToken cancellationToken)
    {
        List<(string Name, RecordBatch Batch)> tables = [.. (await GeneratedSamples.DriveBatchesAsync()).Select(batch => ("drive" + batch.Channel.Topic.Replace('/', '_'), batch.Fields))];
        HashSet<string> shapes = [];
        foreach (var sample in Corpus.Find(60_000, ".mcap", ".bag", ".db3", ".mf4", ".mdf", ".asc").Where(sample => !sample.Name.StartsWith("OneMessage", StringComparison.Ordinal)))
        {
            if (tables.Count >= MaxTables) break;
            if (await RecordingExercise.OpenAsync(sample, RecordingExercise.Limits, cancellationToken) is not { } reader) continue;
            await using var opened = reader;
            await foreach (var batch in new RecordingColumns(reader, new RecordingColumnsOptions { BatchRows = Rows }).ReadAsync(cancellationToken))
            {
                if (batch.Fields.EstimatedBytes > 60_000 || batch.Fields.Columns.Count is 0 or > 60) continue;
                if (shapes.Add(string.Join(',', batch.Fields.Schema.Fields.Select(field => field.Type)))) tables.Add((sample.Name, batch.Fields));
            }
        }

        return tables;
    }
}
