namespace Mesh.Training.Handoff.Contract;

/// <summary>A variant and the target that it is for.</summary>
/// <param name="Profile">Name of the profile.</param>
/// <param name="Target">The target.</param>
/// <param name="Status"><c>ready</c>, or <c>inputs_only</c> when a vendor's tool is still to be run.</param>
/// <param name="Reason">Why.</param>
/// <param name="Tools">Vendors' tools in the order in which they are run; none where the target loads ONNX.</param>
/// <param name="Accuracy">Share classified right on held-out rows; null when it was not measured.</param>
/// <param name="ParentAccuracy">The model's on the same rows; null when it was not measured.</param>
/// <param name="Samples">Number of these rows; 0 when nothing was measured.</param>
public sealed record ContractTarget(
    string Profile, string Target, string Status, string Reason, IReadOnlyList<ContractTool> Tools, double? Accuracy, double? ParentAccuracy, int Samples);
