// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// The least that ERC-20 is. Everybody may mint.
contract PlainToken {
    mapping(address account => uint256) public balanceOf;
    mapping(address owner => mapping(address spender => uint256)) public allowance;

    function decimals() external pure returns (uint8) {
        return 6;
    }

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    function approve(address spender, uint256 amount) public virtual returns (bool) {
        allowance[msg.sender][spender] = amount;
        return true;
    }

    function transfer(address to, uint256 amount) external virtual returns (bool) {
        _move(msg.sender, to, amount);
        return true;
    }

    function transferFrom(address from, address to, uint256 amount) external virtual returns (bool) {
        allowance[from][msg.sender] -= amount;
        _move(from, to, amount);
        return true;
    }

    function _move(address from, address to, uint256 amount) internal virtual {
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
    }
}

/// Keeps a hundredth of what it moves.
contract FeeToken is PlainToken {
    function _move(address from, address to, uint256 amount) internal override {
        balanceOf[from] -= amount;
        balanceOf[to] += amount - amount / 100;
    }
}

/// Answers false where it should revert.
contract FalseToken is PlainToken {
    function transfer(address, uint256) external pure override returns (bool) {
        return false;
    }

    function transferFrom(address, address, uint256) external pure override returns (bool) {
        return false;
    }
}

/// Moves nothing to those on its list.
contract ListToken is PlainToken {
    mapping(address account => bool) public blocked;

    function setBlocked(address account, bool on) external {
        blocked[account] = on;
    }

    function _move(address from, address to, uint256 amount) internal override {
        require(!blocked[to], "blocked");
        super._move(from, to, amount);
    }
}

/// Calls back whoever it takes money from, before it moves any.
contract CallbackToken is PlainToken {
    function transferFrom(address from, address to, uint256 amount) external override returns (bool) {
        allowance[from][msg.sender] -= amount;
        Puppet(payable(from)).called();
        _move(from, to, amount);
        return true;
    }
}

/// Returns nothing at all, and changes an allowance only from or to zero, as USDT does.
contract SilentToken {
    mapping(address account => uint256) public balanceOf;
    mapping(address owner => mapping(address spender => uint256)) public allowance;

    function decimals() external pure returns (uint8) {
        return 6;
    }

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    function approve(address spender, uint256 amount) external {
        require(amount == 0 || allowance[msg.sender][spender] == 0);
        allowance[msg.sender][spender] = amount;
    }

    function transfer(address to, uint256 amount) external {
        balanceOf[msg.sender] -= amount;
        balanceOf[to] += amount;
    }

    function transferFrom(address from, address to, uint256 amount) external {
        allowance[from][msg.sender] -= amount;
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
    }
}

/// An account with code: does what it is told, and takes money as it is told.
contract Puppet {
    enum Mood {
        Taking,
        Rejecting,
        Burning,
        Bombing,
        Calling
    }

    Mood public mood;
    address private _target;
    bytes private _data;
    bool public reentered;

    function setMood(Mood mood_, address target, bytes calldata data) external {
        (mood, _target, _data) = (mood_, target, data);
    }

    function run(address target, bytes calldata data) external payable {
        (bool ok, bytes memory result) = target.call{value: msg.value}(data);
        if (ok) return;
        assembly {
            revert(add(result, 32), mload(result))
        }
    }

    /// Calls back, and remembers whether it worked.
    function called() public {
        (bool ok, ) = _target.call(_data);
        if (ok) reentered = true;
    }

    receive() external payable {
        if (mood == Mood.Rejecting) revert("no");
        if (mood == Mood.Burning) while (gasleft() > 100) {}
        if (mood == Mood.Calling) called();
        if (mood == Mood.Bombing) {
            assembly {
                return(0, 100000)
            }
        }
    }
}
