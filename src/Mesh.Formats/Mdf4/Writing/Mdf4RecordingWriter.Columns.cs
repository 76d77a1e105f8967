using System.Buffers;
using System.Buffers.Binary;
using Mesh.Columnar;
using Mesh.Formats.Mdf4.Writing;

namespace Mesh.Formats.Mdf4;

public sealed partial class Mdf4RecordingWriter
{
    // By group, beside the plans of groups that take records.
    private readonly Dictionary<int, Mdf4ColumnPlan> columns = [];
    private readonly ArrayBufferWriter<byte> value = new();

    /// <inheritdoc cref="Mdf4ColumnWriter.AddGroup"/>
    internal int AddColumnGroup(string name, StructType type)
    {
        ObjectDisposedException.ThrowIf(completed, this);
        columns.Add(groups.Count, new Mdf4ColumnPlan(name, type));
        plans.Add(null);
        groups.Add(new Mdf4Group(file, name));
        return groups.Count - 1;
    }

    /// <inheritdoc cref="Mdf4ColumnWriter.WriteAsync"/>
    internal async ValueTask WriteColumnsAsync(int group, ReadOnlyMemory<long> logTimesNs, IReadOnlyList<ColumnVector> batch, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(completed, this);
        var plan = columns[group];
        RequireColumns(plan, logTimesNs.Length, batch);
        if (logTimesNs.IsEmpty) return;
        var target = groups[group];
        if (startNs is null) SetStart(Earliest(logTimesNs.Span));
        if (!target.IsOpen) Open(target, plan.Layout);

        for (int from = 0; from < logTimesNs.Length;)
        {
            if (!target.Records.Fits(target.RecordBytes)) await target.Records.FlushAsync(cancellationToken).ConfigureAwait(false);
            await KeepWithinBudgetAsync(cancellationToken).ConfigureAwait(false);
            int rows = Math.Min(logTimesNs.Length - from, Math.Max(1, target.Records.RoomBytes / target.RecordBytes));
            long[][] offsets = await WriteValuesAsync(target, plan, batch, from, rows, cancellationToken).ConfigureAwait(false);
            WriteRecords(target, plan, logTimesNs.Span.Slice(from, rows), batch, from, offsets);
            from += rows;
        }
    }

    /// <summary>Writes the variable-length values of some rows; returns their offsets, per variable-length column.</summary>
    private async ValueTask<long[][]> WriteValuesAsync(
        Mdf4Group group, Mdf4ColumnPlan plan, IReadOnlyList<ColumnVector> batch, int from, int rows, CancellationToken cancellationToken)
    {
        long[][] offsets = new long[group.Values.Length][];
        foreach (var leaf in plan.Leaves)
        {
            if (leaf.VariableIndex < 0) continue;
            var series = group.Values[leaf.VariableIndex];
            var vector = Mdf4ColumnScatter.Find(batch, leaf.Path);
            long[] places = offsets[leaf.VariableIndex] = new long[rows];
            for (int i = 0; i < rows; i++)
            {
                Mdf4ColumnScatter.Variable(leaf, vector, from + i, value);
                int length = sizeof(int) + value.WrittenCount;
                if (!series.Fits(length)) await series.FlushAsync(cancellationToken).ConfigureAwait(false);
                places[i] = series.TotalBytes;
                Append(series.Take(length));
                if (file.BufferedBytes > Options.MaxBufferedBytes / 2) await KeepWithinBudgetAsync(cancellationToken).ConfigureAwait(false);
            }
        }

        return offsets;

        void Append(Span<byte> room)
        {
            BinaryPrimitives.WriteInt32LittleEndian(room, value.WrittenCount);
            value.WrittenSpan.CopyTo(room[sizeof(int)..]);
        }
    }

    private void WriteRecords(Mdf4Group group, Mdf4ColumnPlan plan, ReadOnlySpan<long> logTimesNs, IReadOnlyList<ColumnVector> batch, int from, long[][] offsets)
    {
        int rows = logTimesNs.Length;
        int recordBytes = group.RecordBytes;
        var records = group.Records.Take(rows * recordBytes);
        long start = startNs ?? 0;
        for (int i = 0; i < rows; i++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(records[(i * recordBytes)..], logTimesNs[i] - start);
            records.Slice((i * recordBytes) + plan.Layout.DataBytes, plan.Layout.InvalidationBytes).Clear();
        }

        foreach (var leaf in plan.Leaves)
        {
            if (leaf.VariableIndex >= 0) Mdf4ColumnScatter.Strided<long>(offsets[leaf.VariableIndex], records[leaf.Offset..], recordBytes);
            else Mdf4ColumnScatter.Values(leaf, Mdf4ColumnScatter.Find(batch, leaf.Path), from, rows, records, recordBytes);
            if (leaf.InvalidationBit >= 0) Mdf4ColumnScatter.Invalid(leaf, batch, from, rows, records, recordBytes, plan.Layout.DataBytes);
        }

        group.Cycles += rows;
    }

    private static void RequireColumns(Mdf4ColumnPlan plan, int rows, IReadOnlyList<ColumnVector> batch)
    {
        if (batch.Count != plan.Type.Fields.Count) throw new ArgumentException($"Group '{plan.Layout.Group}' has {plan.Type.Fields.Count} columns, {batch.Count} were given.", nameof(batch));
        for (int i = 0; i < batch.Count; i++)
        {
            if (batch[i].Length != rows) throw new ArgumentException($"Column '{plan.Type.Fields[i].Name}' has {batch[i].Length} values for {rows} log times.", nameof(batch));
            if (!batch[i].Type.Equals(plan.Type.Fields[i].Type)) throw new ArgumentException($"Column '{plan.Type.Fields[i].Name}' is {batch[i].Type}, not {plan.Type.Fields[i].Type}.", nameof(batch));
        }
    }

    private static long Earliest(ReadOnlySpan<long> logTimesNs)
    {
        long earliest = long.MaxValue;
        foreach (long time in logTimesNs) earliest = Math.Min(earliest, time);
        return Math.Max(earliest, 0);
    }
}
