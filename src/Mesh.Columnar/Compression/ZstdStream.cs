using System.Runtime.InteropServices;

namespace Mesh.Columnar.Compression;

/// <summary>
/// Decompresses Zstandard frames (RFC 8878) one after the other from a stream, in bounded memory, through the system's <c>libzstd.so.1</c>;
/// without it, streams whose content fits <see cref="DecompressingStream.MaxManagedBytes"/> are decompressed in memory by managed code.
/// Frames whose window is larger than 128 MiB are refused.
/// </summary>
public sealed unsafe class ZstdStream : DecompressingStream
{
    private static readonly Library? Native = Library.TryLoad();

    private readonly Library? library;
    private nint context;

    /// <param name="compressed">The frames; not disposed.</param>
    public ZstdStream(Stream compressed)
        : this(compressed, useNative: true)
    {
    }

    internal ZstdStream(Stream compressed, bool useNative)
        : base(compressed, "Zstandard", "libzstd.so.1", "libzstd1")
    {
        library = useNative ? Native : null;
        if (library is null) return;
        context = library.Create();
        if (context == 0) throw new InsufficientMemoryException("libzstd could not allocate a context.");
    }

    private protected override bool IsNative => library is not null;

    private protected override bool Decode(ReadOnlySpan<byte> source, Span<byte> destination, out int consumed, out int written, out bool isFrameEnd)
    {
        byte none;
        fixed (byte* from = source, to = destination)
        {
            var input = new ZstdBuffer { Bytes = from is null ? &none : from, Size = (nuint)source.Length };
            var output = new ZstdBuffer { Bytes = to, Size = (nuint)destination.Length };
            nuint hint = library!.Decompress(context, &output, &input);
            consumed = (int)input.Position;
            written = (int)output.Position;
            isFrameEnd = hint == 0;
            return library.IsError(hint) == 0;
        }
    }

    private protected override bool TryDecompressWhole(ReadOnlySpan<byte> source, Span<byte> destination, out int written) => ZstdDecoder.TryDecompress(source, destination, out written);

    private protected override int DecompressPrefix(ReadOnlySpan<byte> source, Span<byte> destination) => Zstd.DecompressPrefix(source, destination);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (context != 0) library!.Free(context);
        context = 0;
        base.Dispose(disposing);
    }

    private sealed class Library(nint handle)
    {
        public readonly delegate* unmanaged<nint> Create = (delegate* unmanaged<nint>)NativeLibrary.GetExport(handle, "ZSTD_createDStream");
        public readonly delegate* unmanaged<nint, nuint> Free = (delegate* unmanaged<nint, nuint>)NativeLibrary.GetExport(handle, "ZSTD_freeDStream");
        public readonly delegate* unmanaged<nint, ZstdBuffer*, ZstdBuffer*, nuint> Decompress =
            (delegate* unmanaged<nint, ZstdBuffer*, ZstdBuffer*, nuint>)NativeLibrary.GetExport(handle, "ZSTD_decompressStream");
        public readonly delegate* unmanaged<nuint, uint> IsError = (delegate* unmanaged<nuint, uint>)NativeLibrary.GetExport(handle, "ZSTD_isError");

        public static Library? TryLoad() => ZstdLibrary.Load() is var handle and not 0 ? new Library(handle) : null;
    }
}
