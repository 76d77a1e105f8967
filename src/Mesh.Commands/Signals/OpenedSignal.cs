using Mesh.Commands.Signals.Pyramids;

namespace Mesh.Commands.Signals;

/// <summary>A signal in its pyramid.</summary>
/// <param name="Reader">The pyramid.</param>
/// <param name="Channel">Its channel.</param>
/// <param name="Signal">Itself.</param>
internal sealed record OpenedSignal(PyramidReader Reader, PyramidChannel Channel, PyramidSignal Signal);
