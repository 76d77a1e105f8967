using System.Text;
using Mesh.Columnar;
using Mesh.Columnar.Parquet;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Iceberg.Manifests;
using Mesh.Lakehouse.Iceberg.Metadata;
using Mesh.Model;
using Mesh.Storage;

namespace Mesh.Lakehouse.Reading;

/// <summary>
/// Reads delete files. What several data files share is read once per scan, as long as it is no more than <see cref="MaxCachedDeletes"/> deletes.
/// </summary>
internal sealed class DeleteReader(IObjectStore lake, TableMetadata metadata)
{
    private const long MaxCachedDeletes = 4_000_000;

    private readonly Dictionary<string, Dictionary<string, List<long>>> positions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<byte[]>> keys = new(StringComparer.Ordinal);
    private long cached;

    /// <summary>Rows that position deletes remove from a file; null when there are none.</summary>
    public async ValueTask<DeletedPositions?> ReadPositionsAsync(PlannedFile planned, CancellationToken cancellationToken)
    {
        DeletedPositions? deleted = null;
        foreach (var file in planned.Deletes)
        {
            if (file.Content != DataFileContent.PositionDeletes) continue;
            deleted ??= new DeletedPositions(planned.File.RowCount);
            if (!positions.TryGetValue(file.Uri, out var byPath))
            {
                byPath = await ReadPositionsAsync(file, cancellationToken).ConfigureAwait(false);
                Forget(file);
                positions.Add(file.Uri, byPath);
            }

            if (!byPath.TryGetValue(planned.File.Uri, out var rows)) continue;
            foreach (long row in rows) deleted.Add(row);
        }

        return deleted is { Count: > 0 } ? deleted : null;
    }

    /// <summary>The columns that a file of equality deletes compares, under the table's types, and the keys of what it removes.</summary>
    public async ValueTask<(IReadOnlyList<Field> Columns, HashSet<byte[]> Keys)> ReadEqualityAsync(DataFile file, CancellationToken cancellationToken)
    {
        var columns = file.EqualityFieldIds.Select(id => PartitionLayout.FindColumn(metadata, id)
            ?? throw new MeshException("MESH8112", $"'{file.Uri}' deletes by column {id}, which no schema of the table has. Restore the table's metadata.")).ToList();
        if (keys.TryGetValue(file.Uri, out var known)) return (columns, known);

        var set = new HashSet<byte[]>(RowKeyComparer.Instance);
        var encoder = new RowKeys();
        var reader = await OpenAsync(lake, file, cancellationToken).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            var found = columns.Select(column => ColumnProjection.Find(reader.Schema.Fields, column)
                ?? throw new MeshException("MESH8113", $"The delete file '{file.Uri}' lacks the column '{column.Name}' that it compares. Restore it from a backup.")).ToList();
            await foreach (var batch in reader.ReadAsync([.. found.Select(field => field.Name).Distinct()], cancellationToken).ConfigureAwait(false))
            {
                var vectors = columns.Select((column, index) => ColumnProjection.Adapt(batch[found[index].Name], found[index].Type, column.Type, column.Name)).ToList();
                for (int row = 0; row < batch.Length; row++) set.Add(encoder.Of(vectors, row).ToArray());
            }
        }

        Forget(file);
        keys.Add(file.Uri, set);
        return (columns, set);
    }

    /// <exception cref="MeshException"><c>MESH8112</c> when the file is not Parquet.</exception>
    public static async ValueTask<ParquetReader> OpenAsync(IObjectStore lake, DataFile file, CancellationToken cancellationToken)
    {
        if (file.Format != "PARQUET")
        {
            throw new MeshException("MESH8112", $"'{file.Uri}' is a {file.Format} file, which is not supported. Rewrite the table as Parquet with the engine that made it.");
        }

        var source = await lake.OpenAsync(lake.KeyOf(file.Uri), cancellationToken).ConfigureAwait(false);
        return await ParquetReader.OpenAsync(source, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<Dictionary<string, List<long>>> ReadPositionsAsync(DataFile file, CancellationToken cancellationToken)
    {
        var byPath = new Dictionary<string, List<long>>(StringComparer.Ordinal);
        var reader = await OpenAsync(lake, file, cancellationToken).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            string path = Name(reader, ReservedFields.FilePath, file), position = Name(reader, ReservedFields.Position, file);
            await foreach (var batch in reader.ReadAsync([path, position], cancellationToken).ConfigureAwait(false)) Gather(batch, byPath);
        }

        return byPath;
    }

    /// <summary>Rows are sorted by path, so a path is made a string only where it changes.</summary>
    private static void Gather(RecordBatch batch, Dictionary<string, List<long>> byPath)
    {
        var paths = batch.Columns[0];
        var rows = batch.Columns[1].Values<long>();
        List<long>? current = null;
        for (int i = 0; i < batch.Length; i++)
        {
            var path = paths.GetBytes(i);
            if (current is null || !path.SequenceEqual(paths.GetBytes(i - 1)))
            {
                string uri = Encoding.UTF8.GetString(path);
                if (!byPath.TryGetValue(uri, out current)) byPath.Add(uri, current = []);
            }

            current.Add(rows[i]);
        }
    }

    private static string Name(ParquetReader reader, Field wanted, DataFile file) => ColumnProjection.Find(reader.Schema.Fields, wanted) is { } found && found.Type == wanted.Type
        ? found.Name
        : throw new MeshException("MESH8113", $"The delete file '{file.Uri}' lacks the column '{wanted.Name}'. Restore it from a backup.");

    private void Forget(DataFile next)
    {
        cached += next.RowCount;
        if (cached <= MaxCachedDeletes) return;
        positions.Clear();
        keys.Clear();
        cached = next.RowCount;
    }
}
