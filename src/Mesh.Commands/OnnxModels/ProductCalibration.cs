using System.Runtime.CompilerServices;
using Mesh.Columnar;
using Mesh.Commands.Queries;
using Mesh.Commands.Queries.Tables;
using Mesh.Model;
using Mesh.Onnx;

namespace Mesh.Commands.OnnxModels;

/// <summary>
/// Calibration samples from a data product. A model that takes (batch, columns) gets a row a sample; one that takes (batch, frames, columns) gets
/// windows of consecutive rows of one recording and channel, as the built-in manoeuvre model does: which starts are possible follows from its
/// metadata <c>stride</c>, else windows do not overlap. Values go in as the table has them. Rows and windows with a missing or infinite value,
/// and windows across a gap in the sequence, are left out.
/// </summary>
/// <param name="queries">A server, or a state directory.</param>
/// <param name="options">Which rows.</param>
public sealed class ProductCalibration(IMeshQueries queries, ProductCalibrationOptions options) : ICalibrationSource
{
    private const string RecordingColumn = "recording_id";
    private const string ChannelColumn = "channel";
    private const string SequenceColumn = "sequence";

    private CalibrationReport? report;

    /// <inheritdoc/>
    public CalibrationReport Describe() => report ?? throw new InvalidOperationException("Describe comes after OpenAsync.");

    /// <inheritdoc/>
    public async Task<IAsyncEnumerable<IReadOnlyDictionary<string, OnnxTensor>>> OpenAsync(OnnxSignature signature, CancellationToken cancellationToken)
    {
        var (input, frames) = LayoutOf(signature);
        int stride = frames > 1 && signature.Metadata.TryGetValue("stride", out string? text) && int.TryParse(text, out int given) && given > 0 ? given : frames;
        var view = await queries.FindProductAsync(options.Product, cancellationToken).ConfigureAwait(false) ?? throw new MeshException("MESH11031", $"There is no data product '{options.Product}'.");
        var draw = new SampleDraw(options, frames, stride);
        bool hasChannel = view.Columns.Any(column => column.Name == ChannelColumn);
        string[] wanted = [RecordingColumn, .. hasChannel ? [ChannelColumn] : Array.Empty<string>(), SequenceColumn, .. options.Columns.Select(column => column.Split('.')[0])];
        var batches = await queries.ScanAsync(options.Product, new ScanQuery { Columns = [.. wanted.Distinct()], Where = options.Where, At = options.At }, cancellationToken).ConfigureAwait(false);
        long? snapshot = null;
        await using (batches.ConfigureAwait(false))
        {
            var numbers = options.Columns.Select(name => NumberColumn.Find(batches.Schema, name) ?? throw new MeshException(
                "MESH11092", $"'{name}' is no column of numbers in {options.Product}. `mesh products show {options.Product}` lists the columns; those inside others have dotted names.")).ToArray();
            await foreach (var batch in batches.Batches.WithCancellation(cancellationToken).ConfigureAwait(false))
            {
                snapshot = batch.SnapshotId;
                Add(draw, batch.Batch, numbers);
            }
        }

        var samples = draw.Finish();
        if (samples.Count == 0)
        {
            throw new MeshException("MESH11092", $"{options.Product} has no sample for this model: {draw.Rows:N0} rows were read, {draw.Incomplete:N0} samples lack a value, {draw.WithGaps:N0} lack a row between theirs. Name other columns, or other rows with --where.");
        }

        report = new CalibrationReport
        {
            Product = options.Product, Table = view.Table, SnapshotId = snapshot, Columns = options.Columns, Samples = samples.Count, Candidates = draw.Candidates, Seed = options.Seed,
            RowsDigest = SampleDraw.DigestOf(samples),
        };
        return ReadAsync(input, frames, samples, cancellationToken);
    }

    /// <summary>What the model takes: its input's name, and how many rows make a sample.</summary>
    private (string Input, int Frames) LayoutOf(OnnxSignature signature)
    {
        if (signature.Inputs is not [{ ElementType: OnnxElementType.Float } input]) throw Unsuitable($"takes {signature.Inputs.Count} inputs, or other than float");
        var sizes = input.Dimensions;
        bool fits = sizes.Count is 2 or 3 && (sizes[^1] ?? options.Columns.Count) == options.Columns.Count && (sizes.Count == 2 || sizes[1] is > 0);
        if (!fits) throw Unsuitable($"takes [{string.Join(", ", sizes.Select(size => size?.ToString() ?? "batch"))}], and {options.Columns.Count} columns are named");
        return (input.Name, sizes.Count == 2 ? 1 : (int)sizes[1]!.Value);
    }

    private static MeshException Unsuitable(string why) => new(
        "MESH11092", $"A product's rows do not fit the model: it {why}. They fit one float input of (batch, columns) or (batch, frames, columns). Write .npy files for others, and give --calibration.");

    private static void Add(SampleDraw draw, RecordBatch batch, NumberColumn[] numbers)
    {
        int recording = batch.Schema.IndexOf(RecordingColumn), channel = batch.Schema.IndexOf(ChannelColumn), sequence = batch.Schema.IndexOf(SequenceColumn);
        float[] values = new float[batch.Length * numbers.Length];
        for (int column = 0; column < numbers.Length; column++) numbers[column].Read(batch, values, column, numbers.Length);
        if (batch.Columns[sequence].Type.Kind != TypeKind.Int64) throw new MeshException("MESH11092", $"Column '{SequenceColumn}' is {batch.Columns[sequence].Type}, expected a 64-bit integer.");
        draw.Add(batch.Columns[recording], channel < 0 ? null : batch.Columns[channel], batch.Columns[sequence].Values<long>(), values);
    }

    private async IAsyncEnumerable<IReadOnlyDictionary<string, OnnxTensor>> ReadAsync(string input, int frames, IReadOnlyList<DrawnSample> samples, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Everything is in memory by now; the interface is that of sources which read.
        await Task.CompletedTask.ConfigureAwait(false);
        int size = samples[0].Values.Length, columns = size / frames;
        for (int start = 0; start < samples.Count; start += options.BatchSize)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int count = Math.Min(options.BatchSize, samples.Count - start);
            float[] values = new float[count * size];
            for (int i = 0; i < count; i++) samples[start + i].Values.CopyTo(values.AsSpan(i * size));
            yield return new Dictionary<string, OnnxTensor> { [input] = frames == 1 ? OnnxTensor.Of<float>(values, count, columns) : OnnxTensor.Of<float>(values, count, frames, columns) };
        }
    }
}
