using System.Runtime.InteropServices;

namespace Mesh.Model;

/// <summary>Makes the names in a folder durable, which synchronising the files themselves does not.</summary>
public static class FolderSync
{
    /// <summary>Returns once the names in the folder survive a power cut.</summary>
    /// <exception cref="IOException">The folder did not reach the disk.</exception>
    public static void Flush(string folder)
    {
        // Windows keeps names itself and has no call for it.
        if (OperatingSystem.IsWindows()) return;
        int descriptor = Open(folder, 0);

        // A folder that may be searched but not read cannot be synchronised: its names are as durable as they get.
        const int accessDenied = 13;
        if (descriptor < 0 && Marshal.GetLastPInvokeError() == accessDenied) return;
        if (descriptor < 0) throw new IOException($"{folder} cannot be opened to synchronise it (error {Marshal.GetLastPInvokeError()}).");
        int result = Fsync(descriptor);
        int error = Marshal.GetLastPInvokeError();
        _ = Close(descriptor);

        // Some network file systems refuse to synchronise folders (EINVAL); their names are as durable as they get.
        const int invalid = 22;
        if (result != 0 && error != invalid) throw new IOException($"{folder} cannot be synchronised (error {error}).");
    }

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Fsync(int descriptor);

    [DllImport("libc", EntryPoint = "close", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Close(int descriptor);
}
