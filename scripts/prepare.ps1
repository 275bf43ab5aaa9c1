# Dot-sourced by the wrappers: finds Python 3.11 or newer and lets bootstrap.py make `.venv` what a lock says.
# Written for Windows PowerShell 5.1 and PowerShell 7 alike. ASCII only: 5.1 reads a file without a mark as ANSI.

# The one door for programs: the exit code alone says how it went. Windows PowerShell 5.1 takes what a program writes to
# stderr for an error as soon as somebody redirects it, and our programs tell their progress there.
function Start-Program {
    param([string] $Program, [string[]] $Words, [switch] $Quiet)
    $ErrorActionPreference = 'Continue'
    $PSNativeCommandUseErrorActionPreference = $false
    if ($Quiet) { & $Program @Words 2>$null | Out-Null } else { & $Program @Words }
}

# Writes the three lines of every error and ends the wrapper.
function Stop-Wrapper {
    param([string] $What, [string] $Why, [string] $Fix, [int] $Code)
    foreach ($line in "error: $What", "why:   $Why", "fix:   $Fix") { [Console]::Error.WriteLine($line) }
    exit $Code
}

function Find-Python {
    $probe = 'import sys; sys.exit(sys.version_info < (3, 11))'
    $candidates = @(@('py', '-3'), @('python3'), @('python'), @('py', '-3.14'), @('py', '-3.13'), @('py', '-3.12'), @('py', '-3.11'))
    foreach ($candidate in $candidates) {
        if (-not (Get-Command $candidate[0] -ErrorAction SilentlyContinue)) { continue }
        $before = @($candidate | Select-Object -Skip 1)
        Start-Program -Program $candidate[0] -Words ($before + @('-c', $probe)) -Quiet
        if ($LASTEXITCODE -eq 0) { return $candidate }
    }
}

# Returns the environment's Python, or ends the wrapper with the reason.
function Initialize-Environment {
    param([string] $Root, [string] $Lock)
    $bootstrap = Join-Path $Root 'scripts/bootstrap.py'
    $python = Join-Path $Root '.venv/bin/python'
    if ($env:OS -eq 'Windows_NT') { $python = Join-Path $Root '.venv/Scripts/python.exe' }
    if (Test-Path -LiteralPath $python) {
        Start-Program -Program $python -Words @('-I', '-S', $bootstrap, '--check', $Lock) -Quiet
        if ($LASTEXITCODE -eq 0) { return $python }
    }
    $found = @(Find-Python)
    if ($found.Count -eq 0) {
        Stop-Wrapper -What 'no Python 3.11 or newer was found' -Why 'neither py, python3 nor python starts one' `
            -Fix 'install Python 3.11 or newer and tick "Add python.exe to PATH"' -Code 4
    }
    $before = @($found | Select-Object -Skip 1)
    Start-Program -Program $found[0] -Words ($before + @($bootstrap, $Lock)) | Out-Null
    if ($LASTEXITCODE -ne 0) { exit $LASTEXITCODE }
    return $python
}

# Runs `invoke` with these words in the checkout, and ends the wrapper with its exit code. The words go through the
# environment: before 7.3 PowerShell drops empty ones and breaks those with quotes.
function Invoke-Task {
    param([string] $Root, [string[]] $Words)
    $python = Initialize-Environment -Root $Root -Lock 'ops'
    $text = $Words -join [string][char]0
    $env:SLIPWAY_WORDS = [Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes($text))
    Push-Location -LiteralPath $Root
    try {
        Start-Program -Program $python -Words @('-X', 'utf8', (Join-Path $Root 'scripts/words.py'))
    } finally {
        Pop-Location
        Remove-Item -Path 'Env:SLIPWAY_WORDS' -ErrorAction SilentlyContinue
    }
    exit $LASTEXITCODE
}
