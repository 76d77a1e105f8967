namespace Mesh.Training.Studies;

/// <summary>What a list of studies is sorted by.</summary>
public enum StudySort
{
    /// <summary>When it was started.</summary>
    Created,
    /// <summary>Name.</summary>
    Name,
}
