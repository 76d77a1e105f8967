using System.Runtime.InteropServices;
using Mesh.Model;

namespace Mesh.Storage;

/// <summary>What .NET's file API does not offer: a move that never replaces, and folders flushed to disk.</summary>
internal static class LocalFiles
{
    private const int DiskFullErrno = 28;
    private const int QuotaExceededErrno = 122;
    private const int FileExistsErrno = 17;
    private const int DiskFullHResult = unchecked((int)0x80070070);

    /// <summary>An input/output failure as an error a person can act on.</summary>
    public static MeshException Translate(Exception exception, string what)
    {
        if (exception is IOException { HResult: DiskFullErrno or QuotaExceededErrno or DiskFullHResult })
        {
            return new MeshException("MESH8020", $"No space left while {what}. Free space on that disk or raise the quota; the work is retried.", isTransient: true, exception);
        }

        return exception is UnauthorizedAccessException
            ? new MeshException("MESH8021", $"Not allowed: {what}: {exception.Message} Give the process's user write access.", innerException: exception)
            : new MeshException("MESH8022", $"Failed while {what}: {exception.Message} Check the disk; the work is retried.", isTransient: true, exception);
    }

    /// <summary>Gives the file a second name unless that name is taken, then removes the first.</summary>
    /// <returns>False when the name is taken.</returns>
    public static bool TryMoveWithoutReplacing(string source, string destination)
    {
        if (OperatingSystem.IsWindows())
        {
            try
            {
                File.Move(source, destination, overwrite: false);
                return true;
            }
            catch (IOException) when (File.Exists(destination))
            {
                return false;
            }
        }

        // File.Move(overwrite: false) checks first and renames then on Unix: two writers can both win. link() decides atomically.
        if (Link(source, destination) == 0)
        {
            File.Delete(source);
            return true;
        }

        int errno = Marshal.GetLastPInvokeError();
        if (errno == FileExistsErrno) return false;
        throw new IOException($"link() of '{destination}' failed: {Marshal.GetPInvokeErrorMessage(errno)} (the file system must know hard links).", errno);
    }

    /// <summary>Gives the file a second name; where the system has no hard links, a copy.</summary>
    public static void AddName(string source, string destination)
    {
        if (!OperatingSystem.IsWindows() && Link(source, destination) == 0) return;
        File.Copy(source, destination);
    }

    [DllImport("libc", EntryPoint = "link", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Link([MarshalAs(UnmanagedType.LPUTF8Str)] string source, [MarshalAs(UnmanagedType.LPUTF8Str)] string destination);
}
