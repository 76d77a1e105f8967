using System.Runtime.InteropServices;

namespace Mesh.Columnar.Compression;

/// <summary>Where the system's libzstd is.</summary>
internal static class ZstdLibrary
{
    private static readonly string[] Names = ["libzstd.so.1", "libzstd.1.dylib", "libzstd.dll"];

    /// <summary>Loads the library.</summary>
    /// <returns>Its handle; 0 where it is absent.</returns>
    public static nint Load()
    {
        foreach (string name in Names)
        {
            if (NativeLibrary.TryLoad(name, typeof(ZstdLibrary).Assembly, null, out nint handle)) return handle;
        }

        return 0;
    }
}
