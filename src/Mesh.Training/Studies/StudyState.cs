namespace Mesh.Training.Studies;

/// <summary>Where a study is.</summary>
public enum StudyState
{
    /// <summary>Trials run or will.</summary>
    Running,
    /// <summary>Somebody stopped it; it can be resumed.</summary>
    Stopped,
    /// <summary>All its trials have ended or its budget is used up.</summary>
    Finished,
}
