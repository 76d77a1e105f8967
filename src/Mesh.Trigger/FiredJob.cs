namespace Mesh.Trigger;

/// <summary>A job that a firing asked for.</summary>
/// <param name="TriggerId">The firing.</param>
/// <param name="JobId">The job.</param>
/// <param name="HasEnded">Whether it has succeeded or failed for good.</param>
/// <param name="HasModel">Whether its model was registered, not rejected.</param>
/// <param name="RunTime">How long its latest attempt has run; zero while it has not begun.</param>
public sealed record FiredJob(string TriggerId, string JobId, bool HasEnded, bool HasModel, TimeSpan RunTime);
