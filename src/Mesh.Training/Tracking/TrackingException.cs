using Mesh.Model;

namespace Mesh.Training.Tracking;

/// <summary>
/// What experiment tracking refuses. Codes: <c>MESH9301</c> no such experiment, <c>MESH9302</c> its name is taken, <c>MESH9303</c> no such run,
/// <c>MESH9304</c> deleted or not in the state, <c>MESH9305</c> a value that is none, <c>MESH9306</c> too long or too many, <c>MESH9307</c> a parameter
/// has another value already, <c>MESH9308</c> the filter, <c>MESH9309</c> the page token, <c>MESH9310</c> the order, <c>MESH9311</c> Mesh's own.
/// </summary>
public sealed class TrackingException(string code, string message, TrackingFault fault = TrackingFault.Invalid) : MeshException(code, message)
{
    /// <summary>What kind of refusal it is.</summary>
    public TrackingFault Fault { get; } = fault;
}
