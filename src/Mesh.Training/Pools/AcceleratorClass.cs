namespace Mesh.Training.Pools;

/// <summary>Classes of machines, by name.</summary>
public static class AcceleratorClass
{
    /// <summary>Machines without accelerator.</summary>
    public const string Cpu = "cpu";

    /// <summary>Qualcomm's Cloud AI 100, which runs models and cannot train them.</summary>
    public const string CloudAi100 = "qualcomm-cloud-ai-100";

    private const string Nvidia = "nvidia-";

    /// <summary>Whether a name is one of a class.</summary>
    public static bool IsKnown(string name) => name is Cpu or CloudAi100 || (name.StartsWith(Nvidia, StringComparison.Ordinal) && name.Length > Nvidia.Length);

    /// <summary>Whether a class is of NVIDIA's GPUs.</summary>
    public static bool IsNvidia(string name) => name.StartsWith(Nvidia, StringComparison.Ordinal);

    /// <summary>Whether a class is meant by a pattern, a name or the beginning of one with <c>*</c>.</summary>
    public static bool Matches(string pattern, string name) =>
        pattern.EndsWith('*') ? name.StartsWith(pattern.AsSpan(0, pattern.Length - 1), StringComparison.Ordinal) : pattern == name;

    /// <summary>Whether a pattern means nothing but Cloud AI 100.</summary>
    public static bool IsCloudAi100(string pattern) => pattern.StartsWith("qualcomm", StringComparison.Ordinal) && Matches(pattern, CloudAi100);
}
