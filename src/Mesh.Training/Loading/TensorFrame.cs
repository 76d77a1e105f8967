using System.Buffers;
using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;
using Mesh.Model;

namespace Mesh.Training.Loading;

/// <summary>
/// Builds frames in one buffer that is used again and again. A frame is its length, 64-bit little-endian, and one safetensors file: the length of
/// the header, 64-bit little-endian, the header as JSON with spaces behind it, the tensors without gaps, those of the widest elements first, so that
/// each lies at a multiple of its elements' size (safetensors' README, "Format").
/// </summary>
internal sealed class TensorFrame : IDisposable
{
    private const int Prefix = sizeof(ulong);
    private const int Alignment = 64;

    private static readonly JsonEncodedText DataType = JsonEncodedText.Encode("dtype");
    private static readonly JsonEncodedText Shape = JsonEncodedText.Encode("shape");
    private static readonly JsonEncodedText DataOffsets = JsonEncodedText.Encode("data_offsets");
    private static readonly JsonEncodedText MetadataName = JsonEncodedText.Encode("__metadata__");

    private readonly Tensor[] tensors;
    private readonly int window;
    private readonly string fingerprint;
    private readonly ArrayBufferWriter<byte> header = new(4096);
    private readonly Utf8JsonWriter json;
    private byte[] buffer = [];
    private int length;

    public TensorFrame(TensorPlan plan)
    {
        window = plan.Options.Window;
        fingerprint = plan.Fingerprint;
        json = new Utf8JsonWriter(header, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        tensors = [.. plan.Columns.SelectMany(TensorsOf).OrderByDescending(tensor => tensor.ElementBytes)];
    }

    private enum Part
    {
        Values,
        Offsets,
        Valid,
    }

    /// <summary>The frame that was built last; valid until the next one.</summary>
    public ReadOnlyMemory<byte> Bytes => buffer.AsMemory(0, length);

    /// <summary>Bytes of tensors in it.</summary>
    public long DataBytes { get; private set; }

    /// <summary>Builds a frame that has no tensors, only metadata.</summary>
    public void Build(IEnumerable<KeyValuePair<string, string>> metadata)
    {
        header.ResetWrittenCount();
        json.Reset();
        json.WriteStartObject();
        json.WriteStartObject(MetadataName);
        foreach (var (key, value) in metadata) json.WriteString(key, value);
        json.WriteEndObject();
        json.WriteEndObject();
        Begin(0);
    }

    /// <summary>Builds the frame of a batch.</summary>
    /// <param name="pool">Where its samples are.</param>
    /// <param name="first">First sample.</param>
    /// <param name="count">Samples.</param>
    /// <param name="after">Where the stream is after it.</param>
    public void Build(SamplePool pool, int first, int count, TensorPosition after)
    {
        var rows = pool.RowsOf(first, count);
        long data = WriteHeader(pool, rows, count, after);
        var target = Begin(data);
        foreach (var tensor in tensors)
        {
            var column = pool.Columns[tensor.Column];
            int bytes = (int)BytesOf(tensor, column, rows);
            var place = target[..bytes];
            if (tensor.Part == Part.Values) column.GatherValues(rows, place);
            else if (tensor.Part == Part.Offsets) column.GatherOffsets(rows, place);
            else column.GatherValid(rows, place);
            target = target[bytes..];
        }
    }

    public void Dispose() => json.Dispose();

    private static long BytesOf(Tensor tensor, PoolColumn column, ReadOnlySpan<int> rows) => tensor.Part switch
    {
        Part.Values => column.CountElements(rows) * tensor.ElementBytes,
        Part.Offsets => (rows.Length + 1L) * sizeof(long),
        _ => rows.Length,
    };

    private static IEnumerable<Tensor> TensorsOf(TensorColumn column, int index)
    {
        bool isRagged = column.Layout == TensorLayout.Ragged;
        yield return new Tensor(index, Part.Values, JsonEncodedText.Encode(isRagged ? column.Name + ":values" : column.Name), column.ElementType, column.ElementBytes);
        if (isRagged) yield return new Tensor(index, Part.Offsets, JsonEncodedText.Encode(column.Name + ":offsets"), "I64", sizeof(long));
        if (column.IsNullable) yield return new Tensor(index, Part.Valid, JsonEncodedText.Encode(column.Name + ":valid"), "BOOL", 1);
    }

    private long WriteHeader(SamplePool pool, ReadOnlySpan<int> rows, int count, TensorPosition after)
    {
        header.ResetWrittenCount();
        json.Reset();
        json.WriteStartObject();
        json.WriteStartObject(MetadataName);
        json.WriteString("kind"u8, "batch"u8);
        Span<char> cursor = stackalloc char[TensorPosition.MaxChars];
        json.WriteString("cursor"u8, cursor[..after.Format(fingerprint, cursor)]);
        Span<byte> digits = stackalloc byte[20];
        json.WriteString("epoch"u8, Format(pool.Start.Epoch, digits));
        json.WriteString("samples"u8, Format(count, digits));
        json.WriteEndObject();
        long offset = 0;
        foreach (var tensor in tensors)
        {
            var column = pool.Columns[tensor.Column];
            long bytes = BytesOf(tensor, column, rows);
            json.WriteStartObject(tensor.Name);
            json.WriteString(DataType, tensor.ElementType);
            json.WriteStartArray(Shape);
            if (tensor.Part == Part.Offsets)
            {
                json.WriteNumberValue(rows.Length + 1);
            }
            else if (tensor.Part == Part.Values && column.Column.Layout == TensorLayout.Ragged)
            {
                json.WriteNumberValue(bytes / tensor.ElementBytes);
            }
            else
            {
                json.WriteNumberValue(count);
                if (window > 1) json.WriteNumberValue(window);
                if (tensor.Part == Part.Values && column.Column.Layout == TensorLayout.Row) json.WriteNumberValue(column.Column.Length);
            }

            json.WriteEndArray();
            json.WriteStartArray(DataOffsets);
            json.WriteNumberValue(offset);
            json.WriteNumberValue(offset += bytes);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndObject();
        return offset;
    }

    private static ReadOnlySpan<byte> Format(int value, Span<byte> digits)
    {
        System.Buffers.Text.Utf8Formatter.TryFormat(value, digits, out int written);
        return digits[..written];
    }

    /// <summary>Lays out the frame around the header that was written, and gives the place of the tensors.</summary>
    private Span<byte> Begin(long data)
    {
        json.Flush();
        int padded = (((2 * Prefix) + header.WrittenCount + Alignment - 1) / Alignment * Alignment) - (2 * Prefix);
        long total = (2L * Prefix) + padded + data;
        if (total > Array.MaxLength)
        {
            throw new MeshException("MESH9207", $"A batch has {data:N0} bytes, more than a frame holds. Take fewer samples with --batch-size.");
        }

        length = (int)total;
        DataBytes = data;
        if (buffer.Length < length) buffer = GC.AllocateUninitializedArray<byte>((int)Math.Min(Array.MaxLength, Math.Max(total, buffer.Length * 5L / 4)));
        var frame = buffer.AsSpan(0, length);
        BinaryPrimitives.WriteUInt64LittleEndian(frame, (ulong)(length - Prefix));
        BinaryPrimitives.WriteUInt64LittleEndian(frame[Prefix..], (ulong)padded);
        header.WrittenSpan.CopyTo(frame[(2 * Prefix)..]);
        frame.Slice((2 * Prefix) + header.WrittenCount, padded - header.WrittenCount).Fill((byte)' ');
        return frame[((2 * Prefix) + padded)..];
    }

    private readonly record struct Tensor(int Column, Part Part, JsonEncodedText Name, string ElementType, int ElementBytes);
}
