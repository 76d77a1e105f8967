using System.Security.Cryptography;
using System.Text;
using Mesh.Model;
using Microsoft.Extensions.Logging;

namespace Mesh.Broker.Access;

/// <summary>
/// Who may log in. Keeps derived keys, never passwords. A user who does not exist gets a credential too, made from the name and a secret
/// of the data folder, so that neither answers nor times tell which users there are.
/// </summary>
internal sealed class UserDirectory
{
    private static readonly TimeSpan ReloadInterval = TimeSpan.FromSeconds(1);

    private readonly IReadOnlyDictionary<string, string> configured;
    private readonly string? path;
    private readonly byte[] secret;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly Lock reloading = new();
    private volatile Dictionary<(string Name, SaslMechanism Mechanism), ScramCredential> credentials = [];
    private DateTime written;
    private long lastLook;

    private UserDirectory(IReadOnlyDictionary<string, string> configured, string? path, byte[] secret, TimeProvider time, ILogger logger)
    {
        this.configured = configured;
        this.path = path;
        this.secret = secret;
        this.time = time;
        this.logger = logger;
    }

    /// <summary>Whether clients have to authenticate.</summary>
    public bool IsRequired => configured.Count > 0 || path is not null;

    /// <param name="configured">Users and passwords.</param>
    /// <param name="path">File with further users; null for none.</param>
    /// <param name="folder">Data folder, which keeps the secret.</param>
    /// <param name="time">Clock.</param>
    /// <param name="logger">Log.</param>
    /// <exception cref="MeshException"><c>MESH7020</c> the file cannot be read or has a line that is none.</exception>
    public static UserDirectory Open(IReadOnlyDictionary<string, string> configured, string? path, string folder, TimeProvider time, ILogger logger)
    {
        if (configured.Count == 0 && path is null) return new UserDirectory(configured, null, [], time, logger);
        var directory = new UserDirectory(configured, path, Secret(folder), time, logger);
        directory.Load();
        return directory;
    }

    /// <summary>A user's credential, or one that looks like it.</summary>
    public ScramCredential Credential(string name, SaslMechanism mechanism, out bool known)
    {
        ReloadWhenChanged();
        known = credentials.TryGetValue((name, mechanism), out var credential);

        // Made for known users too, or the time would tell.
        byte[] fake = CryptographicOperations.HmacData(mechanism.Hash(), secret, Encoding.UTF8.GetBytes("unknown " + name));
        var unknown = new ScramCredential(mechanism, Salt(name, mechanism), ScramCredential.MinIterations, fake, fake);
        return credential ?? unknown;
    }

    /// <summary>Checks a password that came in the clear.</summary>
    public bool Check(string name, ReadOnlySpan<byte> password)
    {
        var credential = Credential(name, SaslMechanism.ScramSha256, out bool known);
        if (!known && Credential(name, SaslMechanism.ScramSha512, out bool knownOtherwise) is var other && knownOtherwise) (credential, known) = (other, true);
        return credential.IsOf(password) & known;
    }

    private static byte[] Secret(string folder)
    {
        string path = Path.Combine(folder, "access.secret");
        if (File.Exists(path) && File.ReadAllBytes(path) is { Length: 32 } found) return found;
        byte[] made = RandomNumberGenerator.GetBytes(32);
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var file = new FileStream(path, options);
        file.Write(made);
        return made;
    }

    private byte[] Salt(string name, SaslMechanism mechanism) =>
        HMACSHA256.HashData(secret, Encoding.UTF8.GetBytes($"salt {mechanism} {name}"))[..20];

    private void Load()
    {
        var loaded = new Dictionary<(string, SaslMechanism), ScramCredential>();
        foreach (var (name, password) in configured) AddPassword(loaded, name, password);
        if (path is not null)
        {
            try
            {
                written = File.GetLastWriteTimeUtc(path);
                if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & (UnixFileMode.OtherRead | UnixFileMode.OtherWrite)) != 0) BrokerLog.UsersFileIsOpen(logger, path);
                int number = 0;
                foreach (string line in File.ReadLines(path)) Read(loaded, line.Trim(), ++number);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new MeshException("MESH7020", $"The users file {path} cannot be read: {e.Message} Name an existing file with `kafka.users`.", innerException: e);
            }
        }

        credentials = loaded;
    }

    private void Read(Dictionary<(string, SaslMechanism), ScramCredential> loaded, string line, int number)
    {
        if (line.Length == 0 || line[0] == '#') return;
        int colon = line.IndexOf(':', StringComparison.Ordinal);
        string name = colon > 0 ? line[..colon].TrimEnd() : "";
        string value = colon > 0 ? line[(colon + 1)..].Trim() : "";

        // The line itself is not shown: it may hold a password.
        if (name.Length == 0 || value.Length == 0) throw Wrong(number, "is not `name: password`");
        if (value.Split(' ', 2) is [var word, var rest] && SaslMechanisms.Find(word) is { } mechanism and not SaslMechanism.Plain)
        {
            var credential = ScramCredential.Parse(mechanism, rest)
                ?? throw Wrong(number, $"is not `name: {word} salt=…,stored_key=…,server_key=…,iterations={ScramCredential.MinIterations}…{ScramCredential.MaxIterations}` in Base64");
            if (!loaded.TryAdd((name, mechanism), credential)) throw Wrong(number, "names a user for the second time");
            return;
        }

        if (loaded.ContainsKey((name, SaslMechanism.ScramSha256)) || loaded.ContainsKey((name, SaslMechanism.ScramSha512))) throw Wrong(number, "names a user for the second time");
        AddPassword(loaded, name, value);
    }

    private void AddPassword(Dictionary<(string, SaslMechanism), ScramCredential> loaded, string name, string password)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(password);
        foreach (var mechanism in (ReadOnlySpan<SaslMechanism>)[SaslMechanism.ScramSha256, SaslMechanism.ScramSha512])
        {
            loaded[(name, mechanism)] = ScramCredential.Derive(mechanism, bytes, Salt(name, mechanism), ScramCredential.MinIterations);
        }
    }

    private MeshException Wrong(int number, string what) => new("MESH7020", $"Line {number} of the users file {path} {what}. Correct the line or remove it.");

    /// <summary>Takes up a changed file; one that is wrong changes nothing.</summary>
    private void ReloadWhenChanged()
    {
        if (path is null || time.GetElapsedTime(Volatile.Read(ref lastLook)) < ReloadInterval || !reloading.TryEnter()) return;
        try
        {
            Volatile.Write(ref lastLook, time.GetTimestamp());
            if (File.GetLastWriteTimeUtc(path) == written) return;
            Load();
            BrokerLog.UsersRead(logger, path);
        }
        catch (MeshException e)
        {
            BrokerLog.UsersFileRefused(logger, e.Message);
        }
        finally
        {
            reloading.Exit();
        }
    }
}
