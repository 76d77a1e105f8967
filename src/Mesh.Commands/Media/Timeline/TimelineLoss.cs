namespace Mesh.Commands.Media.Timeline;

/// <summary>Damage to the recording, with where in time it most likely is: damage is known by its byte position.</summary>
/// <param name="At">Where it begins, seconds.</param>
/// <param name="Seconds">How long it lasts; 0 when only the place is known.</param>
/// <param name="Kind"><c>silence</c>: at a moment in which most channels are silent. <c>position</c>: by its share of the file's bytes.</param>
/// <param name="Code">Code of the damage.</param>
/// <param name="Text">The reader's report.</param>
public sealed record TimelineLoss(double At, double Seconds, string Kind, string Code, string Text);
