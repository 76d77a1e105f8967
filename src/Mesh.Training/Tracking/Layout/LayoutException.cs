using Mesh.Model;

namespace Mesh.Training.Tracking.Layout;

/// <summary>
/// A folder breaks MLflow's file layout at a known place. Codes: <c>MESH9340</c> it is no such folder, <c>MESH9341</c> a link or a special file,
/// <c>MESH9342</c> too large or too many, <c>MESH9343</c> content that is not understood, <c>MESH9345</c> the target of an export is not empty.
/// </summary>
public sealed class LayoutException(string code, string place, string what, string remedy) : MeshException(code, $"{place}: {what}. {remedy}")
{
    /// <summary>File or folder.</summary>
    public string Place { get; } = place;
}
