using System.Runtime.InteropServices;

namespace Mesh.Columnar.Compression;

/// <summary>
/// Decompresses LZ4 frames (LZ4 Frame Format 1.6) one after the other from a stream, in bounded memory, through the system's
/// <c>liblz4.so.1</c>; without it, streams whose content fits <see cref="DecompressingStream.MaxManagedBytes"/> are decompressed in memory
/// by managed code.
/// </summary>
public sealed unsafe class Lz4FrameStream : DecompressingStream
{
    private const uint FrameVersion = 100;
    private static readonly Library? Native = Library.TryLoad();

    private readonly Library? library;
    private nint context;

    /// <param name="compressed">The frames; not disposed.</param>
    public Lz4FrameStream(Stream compressed)
        : this(compressed, useNative: true)
    {
    }

    internal Lz4FrameStream(Stream compressed, bool useNative)
        : base(compressed, "LZ4", "liblz4.so.1", "liblz4-1")
    {
        library = useNative ? Native : null;
        if (library is null) return;
        nint created;
        if (library.IsError(library.Create(&created, FrameVersion)) != 0) throw new InsufficientMemoryException("liblz4 could not allocate a context.");
        context = created;
    }

    private protected override bool IsNative => library is not null;

    private protected override bool Decode(ReadOnlySpan<byte> source, Span<byte> destination, out int consumed, out int written, out bool isFrameEnd)
    {
        byte none;
        fixed (byte* from = source, to = destination)
        {
            nuint left = (nuint)source.Length, space = (nuint)destination.Length;
            nuint hint = library!.Decompress(context, to, &space, from is null ? &none : from, &left, null);
            bool isError = library.IsError(hint) != 0;
            consumed = isError ? 0 : (int)left;
            written = isError ? 0 : (int)space;
            isFrameEnd = hint == 0;
            return !isError;
        }
    }

    private protected override bool TryDecompressWhole(ReadOnlySpan<byte> source, Span<byte> destination, out int written) => Lz4Decoder.TryDecompressFrames(source, destination, out written);

    private protected override int DecompressPrefix(ReadOnlySpan<byte> source, Span<byte> destination) => Lz4.DecompressFramePrefix(source, destination);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (context != 0) library!.Free(context);
        context = 0;
        base.Dispose(disposing);
    }

    private sealed class Library(nint handle)
    {
        public readonly delegate* unmanaged<nint*, uint, nuint> Create = (delegate* unmanaged<nint*, uint, nuint>)NativeLibrary.GetExport(handle, "LZ4F_createDecompressionContext");
        public readonly delegate* unmanaged<nint, nuint> Free = (delegate* unmanaged<nint, nuint>)NativeLibrary.GetExport(handle, "LZ4F_freeDecompressionContext");
        public readonly delegate* unmanaged<nint, byte*, nuint*, byte*, nuint*, void*, nuint> Decompress =
            (delegate* unmanaged<nint, byte*, nuint*, byte*, nuint*, void*, nuint>)NativeLibrary.GetExport(handle, "LZ4F_decompress");
        public readonly delegate* unmanaged<nuint, uint> IsError = (delegate* unmanaged<nuint, uint>)NativeLibrary.GetExport(handle, "LZ4F_isError");

        public static Library? TryLoad()
        {
            foreach (string name in (string[])["liblz4.so.1", "liblz4.1.dylib", "liblz4.dll"])
            {
                if (NativeLibrary.TryLoad(name, typeof(Lz4FrameStream).Assembly, null, out nint handle)) return new Library(handle);
            }

            return null;
        }
    }
}
