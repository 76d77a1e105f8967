using System.Runtime.InteropServices;

namespace Mesh.Columnar.Compression;

/// <summary>
/// One Zstandard frame made of several pieces of memory, without putting them together first (zstd.h, "Streaming compression"); through the system's
/// <c>libzstd.so.1</c>.
/// </summary>
internal static unsafe class ZstdCompressor
{
    private const int CompressionLevelParameter = 100;
    private const int Continue = 0;
    private const int End = 2;
    private static readonly Library? Native = Library.TryLoad();

    /// <summary>Whether the library is there and new enough (1.4.0 or later).</summary>
    public static bool IsNative => Native is not null;

    /// <summary>Compresses <paramref name="first"/> followed by <paramref name="second"/>.</summary>
    /// <param name="first">The beginning.</param>
    /// <param name="second">The rest.</param>
    /// <param name="destination">Takes the frame; <see cref="Zstd.MaxCompressedLength"/> of both lengths always suffices.</param>
    /// <param name="level">Compression level.</param>
    /// <returns>Bytes written.</returns>
    public static int Compress(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, Span<byte> destination, int level)
    {
        var library = Native ?? throw new InvalidOperationException("libzstd is absent.");
        nint context = library.Create();
        if (context == 0) throw new InsufficientMemoryException("libzstd could not allocate a context.");
        try
        {
            Check(library, library.SetParameter(context, CompressionLevelParameter, level));
            Check(library, library.SetSize(context, (ulong)first.Length + (ulong)second.Length));
            fixed (byte* head = first, tail = second, to = destination)
            {
                var output = new ZstdBuffer { Bytes = to, Size = (nuint)destination.Length };
                Feed(library, context, &output, head, first.Length, Continue);
                Feed(library, context, &output, tail, second.Length, End);
                return (int)output.Position;
            }
        }
        finally
        {
            library.Free(context);
        }
    }

    private static void Feed(Library library, nint context, ZstdBuffer* output, byte* bytes, int length, int directive)
    {
        byte none;
        var input = new ZstdBuffer { Bytes = bytes is null ? &none : bytes, Size = (nuint)length };
        while (true)
        {
            nuint before = output->Position + input.Position;
            nuint left = library.Compress(context, output, &input, directive);
            Check(library, left);
            if (directive == End ? left == 0 : input.Position == input.Size) return;
            if (output->Position + input.Position == before) throw new ArgumentException("The destination is too small.", nameof(output));
        }
    }

    private static void Check(Library library, nuint result)
    {
        if (library.IsError(result) != 0) throw new InvalidOperationException($"libzstd refused to compress (error {(long)(nint)result}).");
    }

    private sealed class Library(nint handle)
    {
        public readonly delegate* unmanaged<nint> Create = (delegate* unmanaged<nint>)NativeLibrary.GetExport(handle, "ZSTD_createCCtx");
        public readonly delegate* unmanaged<nint, nuint> Free = (delegate* unmanaged<nint, nuint>)NativeLibrary.GetExport(handle, "ZSTD_freeCCtx");
        public readonly delegate* unmanaged<nint, int, int, nuint> SetParameter = (delegate* unmanaged<nint, int, int, nuint>)NativeLibrary.GetExport(handle, "ZSTD_CCtx_setParameter");
        public readonly delegate* unmanaged<nint, ulong, nuint> SetSize = (delegate* unmanaged<nint, ulong, nuint>)NativeLibrary.GetExport(handle, "ZSTD_CCtx_setPledgedSrcSize");
        public readonly delegate* unmanaged<nint, ZstdBuffer*, ZstdBuffer*, int, nuint> Compress =
            (delegate* unmanaged<nint, ZstdBuffer*, ZstdBuffer*, int, nuint>)NativeLibrary.GetExport(handle, "ZSTD_compressStream2");
        public readonly delegate* unmanaged<nuint, uint> IsError = (delegate* unmanaged<nuint, uint>)NativeLibrary.GetExport(handle, "ZSTD_isError");

        public static Library? TryLoad() =>
            ZstdLibrary.Load() is var handle and not 0 && NativeLibrary.TryGetExport(handle, "ZSTD_compressStream2", out _) ? new Library(handle) : null;
    }
}
