using Mesh.Columnar;
using Mesh.Columnar.Parquet;
using Mesh.Model;

namespace Mesh.Fuzz.Targets;

/// <summary>Parquet files.</summary>
public sealed class ParquetTarget : FuzzTarget
{
    /// <inheritdoc/>
    public override string Name => "parquet";

    /// <inheritdoc/>
    public override async Task<IReadOnlyList<FuzzSample>> LoadAsync(CancellationToken cancellationToken)
    {
        List<FuzzSample> samples = [.. Corpus.Find(".parquet")];
        foreach (var (name, batch) in await TableSamples.LoadAsync(cancellationToken))
        {
            using var stream = new MemoryStream();
            try
            {
                await using var writer = new ParquetWriter(stream, batch.Schema, new ParquetWriterOptions { Compression = (ParquetCompression)(samples.Count % 5), PageBytes = 2048, DataPageVersion = 1 + (samples.Count % 2), PageCrc = false });
                await writer.WriteAsync(batch, cancellationToken);
                await writer.FlushRowGroupAsync(cancellationToken);
                await writer.WriteAsync(batch, cancellationToken);
                await writer.CompleteAsync(cancellationToken);
            }
            catch (MeshException)
            {
                continue;
            }

            samples.Add(new FuzzSample(name + ".parquet", stream.ToArray()));
        }

        return samples;
    }

    /// <inheritdoc/>
    public override async Task<bool> RunAsync(FuzzSample input, Random random, CancellationToken cancellationToken)
    {
        bool isOpen = false;
        try
        {
            await using var reader = await ParquetReader.OpenAsync(new MemoryByteSource(input.Bytes, input.Name), cancellationToken);
            isOpen = true;
            await foreach (var batch in reader.ReadAsync(null, cancellationToken)) ColumnCheck.Check(batch);
            if (reader.Schema.Fields.Count == 0) return true;
            string column = reader.Schema.Fields[random.Next(reader.Schema.Fields.Count)].Name;
            await foreach (var batch in reader.ReadAsync([column], cancellationToken)) ColumnCheck.Check(batch);
            var filtered = new ParquetReadOptions { Filter = new NotPredicate(new NullPredicate(column)), RowPositionColumn = "position" };
            await foreach (var batch in reader.ReadAsync(filtered, cancellationToken)) ColumnCheck.Check(batch);
            return true;
        }
        catch (MeshException)
        {
            // Refused at once, or damage met later: tables are whole or nothing.
            return isOpen;
        }
    }
}
