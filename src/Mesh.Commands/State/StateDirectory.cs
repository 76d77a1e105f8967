using System.Globalization;
using Mesh.Model;

namespace Mesh.Commands.State;

/// <summary>
/// The folder that holds everything one Mesh knows: <c>VERSION lock run broker landing lake mesh.db storage.json jobs models experiments governance spill</c>.
/// One process at a time; disposing gives it back.
/// </summary>
public sealed class StateDirectory : IDisposable
{
    /// <summary>Version of the layout this program writes.</summary>
    public const int CurrentVersion = 1;

    private readonly FileStream? lockFile;

    private StateDirectory(string root, FileStream? lockFile)
    {
        Root = root;
        this.lockFile = lockFile;
    }

    /// <summary>Absolute path.</summary>
    public string Root { get; }

    /// <summary>Free bytes of the disk it is on.</summary>
    public long FreeBytes => new DriveInfo(Root).AvailableFreeSpace;

    /// <summary>Segments and offsets of the embedded broker.</summary>
    public string Broker => Path.Combine(Root, "broker");

    /// <summary>Uploaded recordings.</summary>
    public string Landing => Path.Combine(Root, "landing");

    /// <summary>Unfinished uploads.</summary>
    public string UploadParts => Path.Combine(Root, "landing", ".uploads");

    /// <summary>Tables.</summary>
    public string Lake => Path.Combine(Root, "lake");

    /// <summary>Metadata database.</summary>
    public string Database => Path.Combine(Root, "mesh.db");

    /// <summary>Job folders.</summary>
    public string Jobs => Path.Combine(Root, "jobs");

    /// <summary>Registered models.</summary>
    public string Models => Path.Combine(Root, "models");

    /// <summary>Artefacts that clients logged to runs.</summary>
    public string Experiments => Path.Combine(Root, "experiments");

    /// <summary>Private key with which the server signs what it finds; made when first needed.</summary>
    public string ServerKey => Path.Combine(Root, "governance", "server.pem");

    /// <summary>Spilled runs; emptied at every start.</summary>
    public string Spill => Path.Combine(Root, "spill");

    /// <summary>What the running server tells others.</summary>
    public string Run => Path.Combine(Root, "run");

    /// <summary>Opens the folder for a server: creates it, takes the lock, checks the version.</summary>
    /// <exception cref="MeshException">
    /// <c>MESH11010</c> another process has it, <c>MESH11011</c> a newer Mesh has written it, <c>MESH11012</c> it cannot be written.
    /// </exception>
    public static StateDirectory Open(string path)
    {
        string root = Path.GetFullPath(path);
        FileStream lockFile;
        try
        {
            Directory.CreateDirectory(root);
            lockFile = TakeLock(root);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Unusable(root, exception);
        }

        try
        {
            CheckVersion(root);
            var state = new StateDirectory(root, lockFile);
            foreach (string folder in new[] { state.Broker, state.Landing, state.Lake, state.Jobs, state.Models, state.Run }) Directory.CreateDirectory(folder);
            if (Directory.Exists(state.Spill)) Directory.Delete(state.Spill, recursive: true);
            Directory.CreateDirectory(state.Spill);
            string versionFile = Path.Combine(root, "VERSION");
            if (!File.Exists(versionFile)) AtomicFile.Write(versionFile, System.Text.Encoding.ASCII.GetBytes(CurrentVersion.ToString(CultureInfo.InvariantCulture) + "\n"));
            return state;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            lockFile.Dispose();
            throw Unusable(root, exception);
        }
        catch
        {
            lockFile.Dispose();
            throw;
        }
    }

    /// <summary>Opens the folder for reading, beside a server or without one.</summary>
    /// <exception cref="MeshException"><c>MESH11013</c> when it is no state directory.</exception>
    public static StateDirectory OpenForReading(string path)
    {
        string root = Path.GetFullPath(path);
        if (!File.Exists(Path.Combine(root, "VERSION")))
        {
            throw new MeshException("MESH11013", $"'{root}' is not a state directory of Mesh. `mesh up --data DIR` makes one.");
        }

        CheckVersion(root);
        return new StateDirectory(root, null);
    }

    /// <inheritdoc/>
    public void Dispose() => lockFile?.Dispose();

    private static MeshException Unusable(string root, Exception exception) =>
        new("MESH11012", $"The state directory '{root}' cannot be used: {exception.Message} `--data DIR` names another.", innerException: exception);

    private static FileStream TakeLock(string root)
    {
        var file = OpenLock(root);
        try
        {
            file.SetLength(0);
            file.Write(System.Text.Encoding.ASCII.GetBytes($"{Environment.ProcessId}\n"));
            file.Flush();
            return file;
        }
        catch
        {
            // A full disk, for example: the lock was free.
            file.Dispose();
            throw;
        }
    }

    private static FileStream OpenLock(string root)
    {
        string path = Path.Combine(root, "lock");
        try
        {
            // The lock is the operating system's on the open file, so it ends with the process, however that ends.
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception) when (exception is not (DirectoryNotFoundException or FileNotFoundException) && File.Exists(path))
        {
            throw new MeshException("MESH11010", $"Another process is using the state directory '{root}'. Stop it, or name another folder with `--data DIR`.", innerException: exception);
        }
    }

    private static void CheckVersion(string root)
    {
        string path = Path.Combine(root, "VERSION");
        if (!File.Exists(path)) return;
        string text = File.ReadAllText(path).Trim();
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int version) || version > CurrentVersion)
        {
            throw new MeshException("MESH11011", $"The state directory '{root}' has version {text}; this Mesh knows versions up to {CurrentVersion}. Use the newer Mesh that wrote it.");
        }
    }
}
