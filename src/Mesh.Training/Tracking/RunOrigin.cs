namespace Mesh.Training.Tracking;

/// <summary>Who keeps a run.</summary>
public enum RunOrigin
{
    /// <summary>A program that logs to Mesh.</summary>
    Client,

    /// <summary>Mesh itself: an attempt at a job.</summary>
    Job,

    /// <summary>Brought from elsewhere by <c>mesh runs import</c>.</summary>
    Import,
}
