using System.Runtime.InteropServices;

namespace Mesh.Columnar.Compression;

/// <summary>The system's liblz4, bound by the names of its stable interface (lz4.h, lz4frame.h).</summary>
internal sealed unsafe class NativeLz4
{
    private const uint FrameVersion = 100;
    private const int MaxBlock4MiB = 7;
    private static readonly string[] LibraryNames = ["liblz4.so.1", "liblz4.1.dylib", "liblz4.dll"];

    [ThreadStatic]
    private static Context? context;

    private readonly delegate* unmanaged<byte*, byte*, int, int, int> compressBlock;
    private readonly delegate* unmanaged<byte*, byte*, int, int, int> decompressBlock;
    private readonly delegate* unmanaged<byte*, nuint, byte*, nuint, Preferences*, nuint> compressFrame;
    private readonly delegate* unmanaged<nint*, uint, nuint> createContext;
    private readonly delegate* unmanaged<nint, nuint> freeContext;
    private readonly delegate* unmanaged<nint, void> resetContext;
    private readonly delegate* unmanaged<nint, byte*, nuint*, byte*, nuint*, DecompressOptions*, nuint> decompressFrame;
    private readonly delegate* unmanaged<nuint, uint> isError;

    private NativeLz4(nint library)
    {
        compressBlock = (delegate* unmanaged<byte*, byte*, int, int, int>)NativeLibrary.GetExport(library, "LZ4_compress_default");
        decompressBlock = (delegate* unmanaged<byte*, byte*, int, int, int>)NativeLibrary.GetExport(library, "LZ4_decompress_safe");
        compressFrame = (delegate* unmanaged<byte*, nuint, byte*, nuint, Preferences*, nuint>)NativeLibrary.GetExport(library, "LZ4F_compressFrame");
        createContext = (delegate* unmanaged<nint*, uint, nuint>)NativeLibrary.GetExport(library, "LZ4F_createDecompressionContext");
        freeContext = (delegate* unmanaged<nint, nuint>)NativeLibrary.GetExport(library, "LZ4F_freeDecompressionContext");
        resetContext = (delegate* unmanaged<nint, void>)NativeLibrary.GetExport(library, "LZ4F_resetDecompressionContext");
        decompressFrame = (delegate* unmanaged<nint, byte*, nuint*, byte*, nuint*, DecompressOptions*, nuint>)
            NativeLibrary.GetExport(library, "LZ4F_decompress");
        isError = (delegate* unmanaged<nuint, uint>)NativeLibrary.GetExport(library, "LZ4F_isError");
    }

    /// <summary>Binds the library; null where it is absent.</summary>
    public static NativeLz4? TryLoad()
    {
        foreach (string name in LibraryNames)
        {
            if (NativeLibrary.TryLoad(name, typeof(NativeLz4).Assembly, null, out nint library)) return new NativeLz4(library);
        }

        return null;
    }

    /// <returns>Bytes written, or 0 when the destination is too small.</returns>
    public int CompressBlock(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        fixed (byte* from = source, to = destination) return compressBlock(from, to, source.Length, destination.Length);
    }

    /// <returns>Bytes written, or negative when the data is unsound or does not fit.</returns>
    public int DecompressBlock(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        byte none;
        fixed (byte* from = source, to = destination) return decompressBlock(from, to is null ? &none : to, source.Length, destination.Length);
    }

    /// <returns>Bytes written, or -1 when the destination is too small.</returns>
    public int CompressFrame(ReadOnlySpan<byte> source, Span<byte> destination, bool areIndependent = false)
    {
        byte none;
        var preferences = areIndependent
            ? new Preferences { BlockSizeId = MaxBlock4MiB, BlockMode = 1, ContentChecksumFlag = 1 }
            : new Preferences { BlockSizeId = MaxBlock4MiB, ContentSize = (ulong)source.Length };
        fixed (byte* from = source, to = destination)
        {
            nuint result = compressFrame(to, (nuint)destination.Length, from is null ? &none : from, (nuint)source.Length, &preferences);
            return isError(result) != 0 ? -1 : (int)result;
        }
    }

    public bool TryDecompressFrames(ReadOnlySpan<byte> source, Span<byte> destination, out int written)
    {
        // Up to 1.9.4 a reset context keeps the content size of a frame that was broken off, and then refuses the next sound frame. So the
        // context is put back only when the data was sound.
        var current = context ?? new Context(this);
        context = null;
        resetContext(current.Handle);
        bool sound = TryDecompressFrames(current.Handle, source, destination, out written);
        if (sound) context = current;
        else current.Dispose();
        return sound;
    }

    private bool TryDecompressFrames(nint handle, ReadOnlySpan<byte> source, Span<byte> destination, out int written)
    {
        written = 0;
        byte none;

        // What has been decompressed stays in place, so the library need not keep its own copy of the last 64 KiB.
        var options = new DecompressOptions { StableDestination = 1 };
        fixed (byte* from = source, to = destination)
        {
            byte* target = to is null ? &none : to;
            nuint hint = 0;
            int consumed = 0;
            while (consumed < source.Length)
            {
                nuint space = (nuint)(destination.Length - written);
                nuint left = (nuint)(source.Length - consumed);
                hint = decompressFrame(handle, target + written, &space, from + consumed, &left, &options);
                if (isError(hint) != 0) return false;
                consumed += (int)left;
                written += (int)space;
                if (left == 0 && space == 0) return false;
            }

            // Zero says that the last frame is complete.
            return hint == 0;
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Preferences
    {
        public int BlockSizeId;
        public int BlockMode;
        public int ContentChecksumFlag;
        public int FrameType;
        public ulong ContentSize;
        public uint DictionaryId;
        public int BlockChecksumFlag;
        public int CompressionLevel;
        public uint AutoFlush;
        public uint FavorDecompressionSpeed;
        public uint Reserved0;
        public uint Reserved1;
        public uint Reserved2;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct DecompressOptions
    {
        public uint StableDestination;
        public uint SkipChecksums;
        public uint Reserved1;
        public uint Reserved0;
    }

    private sealed class Context : IDisposable
    {
        private readonly NativeLz4 library;

        public Context(NativeLz4 library)
        {
            this.library = library;
            nint handle;
            if (library.isError(library.createContext(&handle, FrameVersion)) != 0) throw new InsufficientMemoryException("liblz4 could not allocate a context.");
            Handle = handle;
        }

        ~Context() => Free();

        public nint Handle { get; private set; }

        public void Dispose()
        {
            Free();
            GC.SuppressFinalize(this);
        }

        private void Free()
        {
            if (Handle != 0) library.freeContext(Handle);
            Handle = 0;
        }
    }
}
