using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Mesh.Training.Tests.Loading;

/// <summary>A stream, read by its description alone: lengths, JSON, bytes.</summary>
internal sealed class TensorFrames
{
    public required Dictionary<string, string> Description { get; init; }

    public required List<Batch> Batches { get; init; }

    /// <summary>Metadata of the end frame; null when the stream broke off.</summary>
    public required Dictionary<string, string>? End { get; init; }

    /// <summary>Values of the column <c>id</c>, in order.</summary>
    public List<long> Ids => [.. Batches.SelectMany(batch => batch.Values<long>("id"))];

    public static TensorFrames Parse(ReadOnlySpan<byte> bytes)
    {
        Dictionary<string, string>? description = null, end = null;
        var batches = new List<Batch>();
        while (bytes.Length > 0)
        {
            end.ShouldBeNull("nothing comes after the end");
            int length = checked((int)BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            var batch = Batch.Parse(bytes.Slice(8, length));
            bytes = bytes[(8 + length)..];
            if (batch.Metadata["kind"] == "stream") description = batch.Metadata;
            else if (batch.Metadata["kind"] == "end") end = batch.Metadata;
            else batches.Add(batch);
        }

        return new TensorFrames { Description = description!, Batches = batches, End = end };
    }

    internal sealed class Batch
    {
        public required Dictionary<string, string> Metadata { get; init; }

        public required Dictionary<string, (string Dtype, int[] Shape, byte[] Bytes)> Tensors { get; init; }

        public string Cursor => Metadata["cursor"];

        public T[] Values<T>(string name) where T : unmanaged => MemoryMarshal.Cast<byte, T>(Tensors[name].Bytes).ToArray();

        public static Batch Parse(ReadOnlySpan<byte> file)
        {
            int length = checked((int)BinaryPrimitives.ReadUInt64LittleEndian(file));
            ((8 + length) % 8).ShouldBe(0, "the tensors begin at a multiple of eight bytes");
            using var header = JsonDocument.Parse(file.Slice(8, length).ToArray());
            var data = file[(8 + length)..];
            var tensors = new Dictionary<string, (string, int[], byte[])>();
            Dictionary<string, string> metadata = [];
            long next = 0;
            foreach (var property in header.RootElement.EnumerateObject())
            {
                if (property.NameEquals("__metadata__"))
                {
                    metadata = property.Value.Deserialize<Dictionary<string, string>>()!;
                    continue;
                }

                string dtype = property.Value.GetProperty("dtype").GetString()!;
                int width = dtype switch { "F64" or "I64" => 8, "F32" or "I32" => 4, "F16" => 2, "U8" or "BOOL" => 1, _ => throw new InvalidDataException(dtype) };
                int[] shape = property.Value.GetProperty("shape").Deserialize<int[]>()!;
                int[] offsets = property.Value.GetProperty("data_offsets").Deserialize<int[]>()!;
                ((long)offsets[0]).ShouldBe(next, "tensors lie without gaps");
                (offsets[0] % width).ShouldBe(0, "a tensor lies at a multiple of its elements' size");
                (offsets[1] - offsets[0]).ShouldBe(shape.Aggregate(width, (product, size) => product * size), property.Name);
                next = offsets[1];
                tensors.Add(property.Name, (dtype, shape, data[offsets[0]..offsets[1]].ToArray()));
            }

            next.ShouldBe(data.Length, "the header covers the file");
            return new Batch { Metadata = metadata, Tensors = tensors };
        }
    }
}
