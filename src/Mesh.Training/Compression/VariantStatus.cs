using System.Text.Json.Serialization;

namespace Mesh.Training.Compression;

/// <summary>What became of a variant.</summary>
public enum VariantStatus
{
    /// <summary>Complete: every artefact its target needs is there and within the profile's bounds.</summary>
    [JsonStringEnumMemberName("ready")]
    Ready,
    /// <summary>The inputs of a vendor's tool and its exact commands are there; the tool was not.</summary>
    [JsonStringEnumMemberName("inputs_only")]
    InputsOnly,
    /// <summary>Could not be made, or is outside the profile's bounds; the reason has the number.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed,
}
