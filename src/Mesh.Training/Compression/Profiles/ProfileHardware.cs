namespace Mesh.Training.Compression.Profiles;

/// <summary>What a variant is to run on.</summary>
public sealed record ProfileHardware
{
    /// <summary>Name, for people and for the hand-off, for example <c>NVIDIA Orin</c>.</summary>
    public string Name { get; init; } = "";

    /// <summary>Cloud AI 100: cores that one program takes (default: 4).</summary>
    public int Cores { get; init; } = 4;
}
