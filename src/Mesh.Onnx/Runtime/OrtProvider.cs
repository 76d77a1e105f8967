using Mesh.Model;

namespace Mesh.Onnx.Runtime;

/// <summary>An execution provider of ONNX Runtime: what runs nodes on a kind of hardware.</summary>
/// <param name="Name">
/// <c>CPU</c>, <c>CUDA</c>, <c>TensorRT</c>, or the name under which the library knows any other, such as <c>QNN</c>, <c>QAic</c> or
/// <c>XNNPACK</c>. The three are understood in any case and with <c>ExecutionProvider</c> behind them.
/// </param>
/// <param name="Options">Its options, by the provider's own names, for example <c>device_id</c>.</param>
public sealed record OrtProvider(string Name, IReadOnlyDictionary<string, string> Options)
{
    /// <summary>Name of the provider that every library has.</summary>
    public const string Cpu = "CPU";

    /// <summary>Name of NVIDIA's CUDA.</summary>
    public const string Cuda = "CUDA";

    /// <summary>Name of NVIDIA's TensorRT.</summary>
    public const string TensorRt = "TensorRT";

    private const string Suffix = "ExecutionProvider";

    /// <summary>Name of the provider; <c>CPU</c>, <c>CUDA</c> and <c>TensorRT</c> in this spelling.</summary>
    public string Name { get; init; } = Spell(Name);

    /// <summary>Reads <c>NAME</c> or <c>NAME:KEY=VALUE,KEY=VALUE</c>.</summary>
    /// <exception cref="MeshException"><c>MESH9851</c> when it is not of this form.</exception>
    public static OrtProvider Parse(string text)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        string name = (colon < 0 ? text : text[..colon]).Trim();
        var options = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string pair in colon < 0 ? [] : text[(colon + 1)..].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            int equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals < 1) throw Malformed(text);
            options[pair[..equals]] = pair[(equals + 1)..];
        }

        return name.Length == 0 ? throw Malformed(text) : new OrtProvider(name, options);
    }

    /// <summary>The name without <c>ExecutionProvider</c>, as people write it.</summary>
    internal static string Shorten(string name)
    {
        string stem = name.EndsWith(Suffix, StringComparison.OrdinalIgnoreCase) ? name[..^Suffix.Length] : name;
        return Known(stem) ?? stem;
    }

    // Other names go to the library as they were written: some libraries know a provider only by its long name.
    private static string Spell(string name) => Known(Shorten(name)) ?? name;

    private static string? Known(string stem) => new[] { Cpu, Cuda, TensorRt }.FirstOrDefault(known => known.Equals(stem, StringComparison.OrdinalIgnoreCase));

    private static MeshException Malformed(string text) => new("MESH9851", $"'{text}' names no provider. Write NAME or NAME:KEY=VALUE,KEY=VALUE, for example CUDA:device_id=1.");
}
