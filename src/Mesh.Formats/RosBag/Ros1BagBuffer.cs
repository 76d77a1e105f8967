using System.Buffers.Binary;
using System.Text;
using Mesh.Formats.Blocks;

namespace Mesh.Formats.RosBag;

/// <summary>Records being put together; grows, and is reused.</summary>
internal sealed class Ros1BagBuffer : IDisposable
{
    private byte[] buffer = [];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Span => buffer.AsSpan(0, Length);

    public ReadOnlyMemory<byte> Memory => buffer.AsMemory(0, Length);

    /// <summary>Room for so many bytes, which count from <see cref="Advance"/> on.</summary>
    public Span<byte> Reserve(int bytes)
    {
        if (buffer.Length - Length < bytes)
        {
            byte[] larger = SourceWindow.Rent((int)Math.Min(Array.MaxLength, Math.Max(Length + (long)bytes, Math.Max(4096, buffer.Length * 2L))));
            Span.CopyTo(larger);
            SourceWindow.Release(buffer);
            buffer = larger;
        }

        return buffer.AsSpan(Length);
    }

    public void Advance(int bytes) => Length += bytes;

    public void Clear() => Length = 0;

    public void Add(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Reserve(bytes.Length));
        Length += bytes.Length;
    }

    public void Add(uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(Reserve(sizeof(uint)), value);
        Length += sizeof(uint);
    }

    public void AddTime(ulong nanoseconds)
    {
        Add((uint)(nanoseconds / 1_000_000_000));
        Add((uint)(nanoseconds % 1_000_000_000));
    }

    /// <summary>Begins a length-prefixed part; <see cref="End"/> fills in its length.</summary>
    public int Begin()
    {
        Add(0U);
        return Length;
    }

    public void End(int begin) => BinaryPrimitives.WriteUInt32LittleEndian(buffer.AsSpan(begin - sizeof(uint)), (uint)(Length - begin));

    public void AddField(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        int field = Begin();
        Add(name);
        Add("="u8);
        Add(value);
        End(field);
    }

    public void AddField(string name, string value) => AddField(Encoding.UTF8.GetBytes(name), Encoding.UTF8.GetBytes(value));

    public void AddField(ReadOnlySpan<byte> name, uint value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        AddField(name, bytes);
    }

    public void AddField(ReadOnlySpan<byte> name, long value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        AddField(name, bytes);
    }

    public void AddTimeField(ReadOnlySpan<byte> name, ulong nanoseconds) =>
        AddField(name, (long)(nanoseconds / 1_000_000_000 | nanoseconds % 1_000_000_000 << 32));

    public void AddOp(Ros1BagOp op) => AddField("op"u8, [(byte)op]);

    public void Dispose()
    {
        SourceWindow.Release(buffer);
        buffer = [];
        Length = 0;
    }
}
