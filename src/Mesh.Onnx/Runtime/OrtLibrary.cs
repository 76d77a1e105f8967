using System.Globalization;
using System.Runtime.InteropServices;
using Mesh.Model;

namespace Mesh.Onnx.Runtime;

/// <summary>
/// A library of ONNX Runtime, loaded by its path and bound through its one export, <c>OrtGetApiBase</c>. Any version from 1.12 on; several
/// may be loaded at a time. Once loaded it stays until the process ends, with its one environment: its threads outlive any session,
/// and a library whose code still runs must not be unloaded. Thread-safe.
/// </summary>
internal sealed unsafe class OrtLibrary
{
    private static readonly Lock Loading = new();
    private static readonly Dictionary<string, OrtLibrary> Loaded = new(StringComparer.Ordinal);

    private readonly Lazy<nint> environment;
    private readonly Lazy<nint> cpuMemory;

    private OrtLibrary(string path, string version, int minor, OrtApi api)
    {
        Path = path;
        Version = version;
        Minor = minor;
        Api = api;
        environment = new Lazy<nint>(CreateEnvironment);
        cpuMemory = new Lazy<nint>(DescribeCpuMemory);
    }

    /// <summary>Full path of the file.</summary>
    public string Path { get; }

    /// <summary>Version as the library says it, for example <c>1.27.0</c>.</summary>
    public string Version { get; }

    /// <summary>The second number of <see cref="Version"/>.</summary>
    public int Minor { get; }

    public OrtApi Api { get; }

    /// <summary>The one environment, which every session needs.</summary>
    public nint Environment => environment.Value;

    /// <summary>Description of this process's memory, for tensors that lie there.</summary>
    public nint CpuMemory => cpuMemory.Value;

    /// <summary>Loads a library, or gives the one that is loaded already.</summary>
    /// <exception cref="MeshException"><c>MESH9850</c>: there is none, it cannot be loaded, or it is no ONNX Runtime that can be used.</exception>
    public static OrtLibrary Load(string path)
    {
        string file = System.IO.Path.GetFullPath(path);
        if (!File.Exists(file)) throw Unusable($"There is no file {file}");
        file = File.ResolveLinkTarget(file, returnFinalTarget: true)?.FullName ?? file;
        lock (Loading)
        {
            if (!Loaded.TryGetValue(file, out var library)) Loaded.Add(file, library = Bind(file));
            return library;
        }
    }

    /// <summary>Names of the providers that are built in, as the library says them: <c>CUDAExecutionProvider</c>. Built in does not mean that the device is there.</summary>
    public IReadOnlyList<string> GetProviders()
    {
        byte** names;
        int count;
        Check(Api.GetAvailableProviders(&names, &count), static error => Unusable($"ONNX Runtime does not say which providers it has: {error.Message}"));
        try
        {
            string[] providers = new string[count];
            for (int i = 0; i < count; i++) providers[i] = Marshal.PtrToStringUTF8((nint)names[i]) ?? "";
            return providers;
        }
        finally
        {
            TakeError(Api.ReleaseAvailableProviders(names, count));
        }
    }

    /// <summary>Throws when a call failed.</summary>
    public void Check(nint status, Func<OrtError, MeshException> failure)
    {
        if (TakeError(status) is { } error) throw failure(error);
    }

    /// <summary>What a call failed with; null when it worked. Releases the status.</summary>
    public OrtError? TakeError(nint status)
    {
        if (status == 0) return null;
        string message = (Marshal.PtrToStringUTF8((nint)Api.GetErrorMessage(status)) ?? "").Trim().TrimEnd('.');
        var error = new OrtError((OrtErrorCode)Api.GetErrorCode(status), message.Length == 0 ? "no reason given." : message + ".");
        Api.ReleaseStatus(status);
        return error;
    }

    private nint CreateEnvironment()
    {
        nint created;
        fixed (byte* name = "mesh\0"u8)
        {
            Check(Api.CreateEnv((int)OrtLogSeverity.Error, name, &created), static error => Unusable($"ONNX Runtime cannot start: {error.Message}"));
        }

        // On Windows it reports to Microsoft unless told not to.
        TakeError(Api.DisableTelemetryEvents(created));
        return created;
    }

    private nint DescribeCpuMemory()
    {
        const int arenaAllocator = 1;
        const int defaultMemory = 0;
        nint created;
        Check(Api.CreateCpuMemoryInfo(arenaAllocator, defaultMemory, &created), static error => Unusable($"ONNX Runtime cannot start: {error.Message}"));
        return created;
    }

    private static OrtLibrary Bind(string file)
    {
        nint library;
        try
        {
            if (ElfFile.IsCutOff(file)) throw Unusable($"{file} is cut off");
            library = NativeLibrary.Load(file);
        }
        catch (Exception exception) when (exception is DllNotFoundException or BadImageFormatException or IOException or UnauthorizedAccessException)
        {
            // The loader's own reason comes last, after advice on debugging it.
            string reason = exception.Message.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)[^1];
            throw Unusable($"{file} cannot be loaded: {reason.TrimEnd('.')}", exception);
        }

        bool isBound = false;
        try
        {
            if (!NativeLibrary.TryGetExport(library, "OrtGetApiBase", out nint getBase))
            {
                throw Unusable($"{file} is a library but not ONNX Runtime: it has no OrtGetApiBase");
            }

            var bound = Bind(file, ((delegate* unmanaged<ApiBase*>)getBase)());
            isBound = true;
            return bound;
        }
        finally
        {
            if (!isBound) NativeLibrary.Free(library);
        }
    }

    private static OrtLibrary Bind(string file, ApiBase* apiBase)
    {
        if (apiBase == null || apiBase->GetApi == null || apiBase->GetVersionString == null) throw Unusable($"{file} gives no interface of ONNX Runtime");
        string version = Marshal.PtrToStringUTF8((nint)apiBase->GetVersionString()) ?? "";
        string[] numbers = version.Split('.');
        if (numbers.Length < 2 || numbers[0] != "1" || !int.TryParse(numbers[1], NumberStyles.None, CultureInfo.InvariantCulture, out int minor) || minor < OrtApi.Version)
        {
            throw Unusable($"{file} is ONNX Runtime '{version}', which is not supported (1.{OrtApi.Version} or a later 1.x is)");
        }

        // The lowest version that has what is needed: newer libraries grant older versions, an older one prints a complaint when asked for a newer.
        nint* table = null;
        for (uint wanted = OrtApi.Version; table == null && wanted <= minor; wanted++) table = apiBase->GetApi(wanted);
        return table == null
            ? throw Unusable($"{file} is ONNX Runtime {version} but grants none of the interface versions {OrtApi.Version} to {minor}")
            : new OrtLibrary(file, version, minor, new OrtApi(table));
    }

    private static MeshException Unusable(string what, Exception? inner = null) =>
        new("MESH9850", $"{what}. `mesh runtime list` shows what is found, `mesh runtime install onnxruntime` fetches one that works.", innerException: inner);

    [StructLayout(LayoutKind.Sequential)]
    private struct ApiBase
    {
        public delegate* unmanaged<uint, nint*> GetApi;
        public delegate* unmanaged<byte*> GetVersionString;
    }
}
